"""Erasing a client takes the person out of what is kept, and leaves what happened."""

import uuid
from datetime import timedelta
from typing import Any
from unicodedata import normalize

import pytest
from django.urls import reverse

from booking.access import find_booking
from booking.models import Booking, Mail
from booking.owner.feed import write_feed
from booking.privacy.erase import Amounts, ClientExpected, EmailInHand, erase_client
from booking.privacy.held import find_held
from booking.privacy.personal import BLANKS, ERASED
from booking.upkeep.invariants import examine
from calendars.kit.search.renewal import make_missing
from calendars.models import Calendar, Owner
from calendars.outbox.mailbox import folder_of, names_in
from onetime_links.models import LinkRequest, OneTimeLink, Status
from tests.booking.conftest import SUNDAY
from tests.booking.privacy.conftest import DAY, EMAIL, book, other_clients_things
from tests.support.database.queries import all_rows, counted_queries
from tests.support.world.factories import (
    BookingFactory,
    LinkRequestFactory,
    MailFactory,
    OneTimeLinkFactory,
)

pytestmark = pytest.mark.django_db

ALL_OF_ONE = Amounts(bookings=6, messages=3, requests=3, kept_emails=6, waiting_mails=3, notes=6)


def erase(owner: Owner | None, *, email: str = EMAIL, clear_notes: bool = True) -> Amounts:
    return erase_client(email=email, owner=owner, clear_notes=clear_notes, now=SUNDAY)


def kept_texts(owner: Owner) -> str:
    files = folder_of(owner.pk).glob("*")
    return "".join(each.read_text() for each in files)


def test_nothing_of_the_client_is_left_with_this_owner_and_all_with_the_other(
    both: tuple[Owner, Owner],
) -> None:
    olive, sam = both
    before = str(all_rows()).lower()
    assert erase(olive, email="Cleo@EXAMPLE.com") == ALL_OF_ONE
    after = str(all_rows()).lower()
    assert "violet" in before
    assert "violet" not in after
    assert after.count("saffron") == before.count("saffron")
    assert "Violet" not in kept_texts(olive)
    assert len(names_in(folder_of(sam.pk))) == 6
    assert erase(olive).is_nothing


def test_staff_erase_for_every_owner(both: tuple[Owner, Owner]) -> None:
    assert erase(None).bookings == 12
    after = str(all_rows()).lower()
    assert [word for word in ("violet", "saffron", "cleo@") if word in after] == []


def test_facts_stay(both: tuple[Owner, Owner]) -> None:
    ends = {"erased_at", "dropped_at", "failed_at", "dismissed_at"}
    facts = [
        (model, [f.attname for f in model._meta.concrete_fields if f.name not in ends | set(kept)])
        for model, kept in ((model, personal_names(model)) for model in BLANKS)
    ]
    before = [list(model._base_manager.order_by("pk").values(*names)) for model, names in facts]
    statuses = [link.status(at=SUNDAY) for link in OneTimeLink.objects.order_by("pk")]
    erase(None)
    assert [list(m._base_manager.order_by("pk").values(*names)) for m, names in facts] == before
    assert [link.status(at=SUNDAY) for link in OneTimeLink.objects.order_by("pk")] == statuses
    assert Status.USED in statuses
    assert list(examine()) == []


def personal_names(model: Any) -> set[str]:
    return set(BLANKS[model](model._base_manager.first()))


def test_erased_booking_tells_nothing(both: tuple[Owner, Owner]) -> None:
    olive, _ = both
    tokens = set(Booking.objects.of(olive).values_list("manage_token", flat=True))
    erase(olive)
    for booking in Booking.objects.of(olive).select_related("calendar"):
        assert booking.client_name == ERASED
        assert (booking.client_email, booking.answers, booking.erased_at) == ("", [], SUNDAY)
        assert booking.client_time_zone == booking.calendar.time_zone
        assert booking.client_language == "en"
        assert booking.manage_token not in tokens
    with pytest.raises(Booking.DoesNotExist):
        find_booking(tokens.pop())


def test_page_feed_and_file_of_an_erased_booking_still_work(
    calendar: Calendar, client: Any
) -> None:
    booking = book(calendar, "Violet", SUNDAY - 2 * DAY)
    erase(calendar.owner)
    booking.refresh_from_db()
    client.force_login(calendar.owner)
    ics = client.get(f"/manage/{booking.manage_token}/booking.ics")
    page = client.get(reverse("booking:booking", args=[booking.pk]))
    feed = write_feed(calendar.owner, now=SUNDAY).decode()
    assert (ics.status_code, page.status_code) == (200, 200)
    for text in (ics.content.decode(), page.content.decode(), feed):
        assert "Violet" not in text
        assert "cleo@" not in text.lower()
    assert f"UID:{booking.uid}@quantix" in feed
    assert f"SUMMARY:{ERASED}" in feed


def test_emails_not_sent_are_dropped_even_failed_ones(both: tuple[Owner, Owner]) -> None:
    olive, _ = both
    sent = Mail.objects.of(olive).exclude(done_at=None).count()
    erase(olive)
    mails = Mail.objects.of(olive)
    assert not mails.waiting().exists()
    assert not mails.failed().exists()
    assert mails.exclude(done_at=None).count() == sent
    assert mails.exclude(dropped_at=None).count() == 6


def test_open_requests_are_dismissed(calendar: Calendar) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, revoked_at=SUNDAY)
    request = LinkRequestFactory.create(link=link, word=f"Write to {EMAIL.upper()}.")
    assert erase(calendar.owner).requests == 1
    request.refresh_from_db()
    assert (request.client_name, request.word, request.dismissed_at) == (ERASED, "", SUNDAY)


def test_notes_stay_unless_they_are_to_be_cleared(both: tuple[Owner, Owner]) -> None:
    olive, _ = both
    notes = set(OneTimeLink.objects.values_list("note", flat=True))
    assert erase(olive, clear_notes=False).notes == 0
    assert set(OneTimeLink.objects.values_list("note", flat=True)) == notes


def test_upcoming_booking_must_be_cancelled_first(both: tuple[Owner, Owner]) -> None:
    olive, _ = both
    calendar = Calendar.objects.of(olive).first()
    assert calendar
    book(calendar, "Violet", SUNDAY + timedelta(hours=1))
    before = all_rows()
    with pytest.raises(ClientExpected):
        erase(olive)
    assert all_rows() == before
    assert len(names_in(folder_of(olive.pk))) == 7


def test_email_that_a_worker_has_in_hand_is_waited_for(calendar: Calendar) -> None:
    booking = book(calendar, "Violet", SUNDAY - DAY)
    in_hand = MailFactory.create(
        booking=booking, lease=uuid.uuid4(), next_try_at=SUNDAY + timedelta(minutes=5)
    )
    before = all_rows()
    with pytest.raises(EmailInHand):
        erase(calendar.owner)
    assert all_rows() == before
    assert len(names_in(folder_of(calendar.owner_id))) == 1
    Mail.objects.filter(pk=in_hand.pk).update(next_try_at=SUNDAY)  # its worker has died
    assert erase(calendar.owner).bookings == 1


def test_other_clients_are_left_alone(calendar: Calendar) -> None:
    other_clients_things(calendar)
    before = all_rows()
    assert erase(calendar.owner).is_nothing
    assert all_rows() == before


def test_link_that_somebody_else_booked_by_is_theirs(calendar: Calendar) -> None:
    """Cleo's link was replaced, and the new one was forwarded to Mark."""
    owner = calendar.owner
    mine = OneTimeLinkFactory.create(calendar=calendar, note="Cleo's")
    book(calendar, "Violet", SUNDAY - 2 * DAY, one_time_link=mine)
    marks = OneTimeLinkFactory.create(calendar=calendar, note="Mark's", replaces=mine)
    BookingFactory.create(
        calendar=calendar, starts_at=SUNDAY - DAY, one_time_link=marks, client_email="m@example.com"
    )
    LinkRequestFactory.create(link=marks, client_name="Mark")
    held = find_held(EMAIL, owner=owner)
    assert ([link.note for link in held.links], held.requests) == (["Cleo's"], [])


def test_looking_takes_as_many_queries_for_thirty_bookings_as_for_one(calendar: Calendar) -> None:
    counts = []
    for days in ([1], range(2, 31)):
        for day in days:
            booking = book(calendar, "Violet", SUNDAY - day * DAY)
            booking.one_time_link = OneTimeLinkFactory.create(calendar=calendar)
            booking.save(update_fields=["one_time_link"])
        with counted_queries() as statements:
            find_held(EMAIL, owner=calendar.owner)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_case_is_ignored_beyond_ascii(calendar: Calendar) -> None:
    BookingFactory.create(
        calendar=calendar, starts_at=SUNDAY - DAY, client_email="jo@BÜCHER.example"
    )
    assert len(find_held("Jo@bücher.example", owner=calendar.owner).bookings) == 1


def test_another_address_that_folds_to_the_same_is_not_taken_for_it(calendar: Calendar) -> None:
    """Two domains that a search takes for the same may be two people's."""
    for day, email in enumerate(("jo@straße.example", "jo@strasse.example", "jó@straße.example")):
        at = SUNDAY - (day + 1) * DAY
        BookingFactory.create(calendar=calendar, starts_at=at, client_email=email)
        OneTimeLinkFactory.create(calendar=calendar, note=f"For {normalize('NFD', email)}")
    held = find_held("JO@STRAẞE.example", owner=calendar.owner)
    assert [booking.client_email for booking in held.bookings] == ["jo@straße.example"]
    assert [link.note for link in held.links] == ["For jo@straße.example"]


@pytest.mark.parametrize("owner", ["olive", None])
def test_client_is_found_before_the_search_text_is_made(
    both: tuple[Owner, Owner], owner: str | None
) -> None:
    olive = both[0] if owner else None
    before = find_held(EMAIL, owner=olive)
    for model in (Booking, OneTimeLink, LinkRequest):
        model._base_manager.update(search_text=None)
    assert find_held(EMAIL, owner=olive) == before


def test_erased_client_is_not_searched_for_any_more(both: tuple[Owner, Owner]) -> None:
    olive = both[0]
    for owner in both:
        assert Booking.objects.of(owner).naming("cleo").count() == 6
    erase(olive)
    for made in (False, True):
        if made:
            make_missing()
        assert [Booking.objects.of(owner).naming("cleo").count() for owner in both] == [0, 6]
        assert not OneTimeLink.objects.of(olive).noted("violet").exists()
    assert Booking.objects.of(olive).filter(search_text=None).count() == 0
