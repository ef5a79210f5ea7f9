"""Tests of one booking as its owner sees it: its page, cancelling, no-show."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from booking.acts.reschedule import reschedule_booking
from booking.models import Act, Booking, Change, Mail, Party
from calendars.models import Calendar, Occasion, Owner
from onetime_links.models import OneTimeLink, Status
from tests.booking.conftest import SUNDAY
from tests.support.booking.sending import SLOT
from tests.support.database.queries import counted_queries, reads_of_the_booking
from tests.support.pages.parsing import text_of
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    ChangeFactory,
    MailFactory,
)

pytestmark = pytest.mark.usefixtures("clock")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HTML = "<script>alert(1)</script>"


@pytest.fixture
def booking(calendar: Calendar, link: OneTimeLink) -> Booking:
    """Return a booking by Cleo, who is in Tokyo, for Tuesday at 10:00 in Berlin."""
    return BookingFactory.create(
        calendar=calendar,
        one_time_link=link,
        starts_at=SLOT,
        client_time_zone="Asia/Tokyo",
        created_at=SUNDAY - HOUR,
        answers=[
            {"question": "Topic?", "answer": "Shop\nPrices"},
            {"question": "Fax?", "answer": ""},
        ],
    )


def page_of(booking: Booking, *parts: str) -> str:
    return "/".join(["/bookings", str(booking.pk), *parts, ""])


def words_of(response: Any) -> str:
    return " ".join(text_of(response).split())


def cancel(client: Client, booking: Booking, *, follow: bool = False, **fields: Any) -> Any:
    """Send the form of Cancel from a page that showed `booking` as it is in memory."""
    data = {"sequence": booking.sequence, **fields}
    return client.post(page_of(booking, "cancellation"), data, follow=follow)


# The page


def test_page_tells_everything(signed_in: Client, booking: Booking, link: OneTimeLink) -> None:
    text = words_of(signed_in.get(page_of(booking)))
    for said in (
        "Tue, 24 Nov 2026, 10:00–10:30",
        "Europe/Berlin",
        "18:00–18:30 in Tokyo for Cleo Client",
        '<a href="mailto:cleo@example.com">cleo@example.com</a>',
        "<dt>Topic?</dt><dd>Shop<br>Prices</dd>",
        "<dt>Where</dt><dd>Room 5</dd>",
        f'one-time-links/?start={link.pk}#link-{link.pk}">Secret note about Ms Ito</a>',
        "<b>Booked</b> by Cleo Client",
        "Sun 22 Nov 12:00</time>",
        ">Reschedule</a>",
        ">Cancel</a>",
    ):
        assert said in text
    for unsaid in ("Fax?", "no-show", "Send a new link", booking.manage_token, link.token):
        assert unsaid not in text


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Paris", "10:00–10:30 in Paris for Cleo Client"),
        ("Europe/Berlin", "10:00–10:30 in Berlin for Cleo Client"),
    ],
)
def test_page_names_the_clients_zone_also_where_its_clocks_agree(
    signed_in: Client, booking: Booking, zone: str, said: str
) -> None:
    Booking.objects.update(client_time_zone=zone)
    assert said in words_of(signed_in.get(page_of(booking)))


def test_page_escapes_what_others_wrote(signed_in: Client, booking: Booking) -> None:
    Booking.objects.update(
        client_name=HTML, answers=[{"question": HTML, "answer": HTML}], client_email="l?bcc=e@x.de"
    )
    Calendar.objects.update(location=HTML)
    ChangeFactory.create(booking=booking, message=HTML, act=Act.CANCELLED)
    MailFactory.create(booking=booking, failed_at=SUNDAY, error=HTML)
    content = signed_in.get(page_of(booking)).content.decode()
    assert HTML not in content
    assert 'href="mailto:l%3Fbcc%3De@x.de"' in content


def test_history_tells_what_happened_when_by_whom(
    signed_in: Client, booking: Booking, clock: time_machine.Traveller
) -> None:
    moved = reschedule_booking(booking=booking, slot=SLOT + HOUR, by=Party.CLIENT, now=SUNDAY)
    cancel(signed_in, moved, message="Flood\nin the room.")
    text = words_of(signed_in.get(page_of(booking)))
    story = [
        "<b>Cancelled</b> by you",
        "Flood<br>in the room.",
        "<b>Rescheduled</b> by Cleo Client",
        "from Tue 24 Nov 10:00 to Tue 24 Nov 11:00",
        "<b>Booked</b> by Cleo Client",
    ]
    assert sorted(story, key=text.index) == story


def test_history_tells_what_became_of_each_mail(signed_in: Client, booking: Booking) -> None:
    reminder = {"booking": booking, "occasion": Occasion.REMINDER}
    MailFactory.create(booking=booking, done_at=SUNDAY - HOUR)
    MailFactory.create(
        booking=booking, recipient=Party.OWNER, failed_at=SUNDAY, error="550 No such user"
    )
    MailFactory.create(**reminder, due_at=SUNDAY + DAY)
    MailFactory.create(
        **reminder,
        due_at=SUNDAY - 2 * HOUR,
        next_try_at=SUNDAY + HOUR,
        tries=2,
        error="Connection refused",
    )
    MailFactory.create(**reminder, due_at=SUNDAY + 2 * DAY, dropped_at=SUNDAY)
    MailFactory.create(**reminder, due_at=SUNDAY - HOUR, recipient=Party.OWNER)
    history = signed_in.get(page_of(booking)).context["history"]
    [booked] = history.events
    assert [(line.text, line.state, line.at, line.problem) for line in booked.mails] == [
        ("Email to Cleo Client", "sent", "Sun 22 Nov 12:00", ""),
        ("Email to you", "failed", "Sun 22 Nov 13:00", "550 No such user"),
    ]
    assert [(line.text, line.state, line.at, line.problem) for line in history.reminders] == [
        (
            "Email to Cleo Client",
            "due",
            "Sun 22 Nov 14:00",
            "2 tries failed: Connection refused",
        ),
        ("Email to you", "due", "Sun 22 Nov 12:00", ""),
        ("Email to Cleo Client", "planned", "Mon 23 Nov 13:00", ""),
    ]
    text = words_of(signed_in.get(page_of(booking)))
    assert "Email to you: <b>failed Sun 22 Nov 13:00</b>" in text
    assert "will be tried again Sun 22 Nov 14:00" in text


def test_page_needs_the_same_queries_for_a_long_history(
    signed_in: Client, booking: Booking
) -> None:
    numbers = []
    for n in range(2):
        for k in range(9 * n):
            ChangeFactory.create(booking=booking, act=Act.NO_SHOW)
            MailFactory.create(booking=booking, due_at=SUNDAY + k * HOUR)
        with counted_queries() as statements:
            signed_in.get(page_of(booking))
        numbers.append(len(statements))
    # The queries are for the session, its owner, the booking, its changes and its emails.
    assert numbers == [5, 5]


def test_booking_of_another_owner_is_404(signed_in: Client, sam: Owner) -> None:
    theirs = BookingFactory.create(
        calendar=CalendarFactory.create(owner=sam), starts_at=SLOT, client_name="Sam's client"
    )
    before = Booking.objects.values().get()
    for part in ("", "cancellation", "reschedule", "no-show", "no-show/undo", "new-link"):
        address = page_of(theirs, *filter(None, [part]))
        assert signed_in.post(address, {"message": "x"}).status_code in {404, 405}
        assert signed_in.get(address).status_code in {404, 405}
        assert 404 in {signed_in.get(address).status_code, signed_in.post(address).status_code}
    again = signed_in.get(f"/bookings/new/?again={theirs.pk}")
    assert "First a calendar" in text_of(again)
    CalendarFactory.create(owner=Owner.objects.get(email="olive@example.com"))
    assert "Sam's client" not in text_of(signed_in.get(f"/bookings/new/?again={theirs.pk}"))
    assert Booking.objects.values().get() == before


# Cancel


@pytest.mark.parametrize(
    ("facts", "mails", "said"),
    [
        ({}, ["cancelled"], "cleo@example.com gets an email, with this message if you write one."),
        ({}, [], "This calendar sends clients no email about it: please write to"),
        ({"client_email": ""}, ["cancelled"], "There is no email address of Cleo Client"),
    ],
)
def test_cancel_says_who_hears_of_it(
    signed_in: Client, booking: Booking, facts: dict[str, str], mails: list[str], said: str
) -> None:
    Booking.objects.update(**facts)
    Calendar.objects.update(client_mails=mails)
    assert said in words_of(signed_in.get(page_of(booking, "cancellation")))
    cancel(signed_in, booking, message="Flood")
    told = Mail.objects.filter(recipient=Party.CLIENT, occasion=Occasion.CANCELLED)
    assert told.exists() == ("gets an email" in said)
    assert Change.objects.get().message == "Flood"


def test_cancel_asks_then_frees_the_time_and_keeps_the_link_used(
    signed_in: Client, booking: Booking, calendar: Calendar, link: OneTimeLink
) -> None:
    address = page_of(booking, "cancellation")
    assert "Cancel the booking of Cleo Client?" in text_of(signed_in.get(address))
    assert Booking.objects.get().is_live
    for said in ("was cancelled. The time is free again.", "This booking was cancelled."):
        assert said in text_of(cancel(signed_in, booking, follow=True))
    assert not Booking.objects.get().is_live
    assert link.status(at=SUNDAY) == Status.USED
    assert Change.objects.count() == 1
    BookingFactory.create(calendar=calendar, starts_at=SLOT)


def test_cancel_keeps_a_message_that_is_too_long(signed_in: Client, booking: Booking) -> None:
    response = cancel(signed_in, booking, message="x" * 501)
    assert response.status_code == 422
    assert "x" * 501 in text_of(response)
    assert Booking.objects.get().is_live


def test_booking_that_moved_since_is_not_cancelled_unseen(
    signed_in: Client, booking: Booking
) -> None:
    reschedule_booking(booking=booking, slot=SLOT + HOUR, by=Party.CLIENT, now=SUNDAY)
    with counted_queries() as statements:
        response = cancel(signed_in, booking, message="Kept words")
    assert response.status_code == 409
    assert reads_of_the_booking(statements) == 2  # one by the view, one by the act under its lock
    text = words_of(response)
    moved = "It was moved in the meantime, to Tue, 24 Nov 2026, 11:00–11:30."
    assert f"{moved} Do you still want to cancel it?" in text
    assert "Kept words" in text
    booking.refresh_from_db()
    assert booking.is_live
    assert f'name="sequence" value="{booking.sequence}"' in text
    assert cancel(signed_in, booking).status_code == 302
    assert not Booking.objects.get().is_live


@pytest.mark.parametrize("sequence", ["", "-1", "x"])
def test_cancellation_that_says_not_of_what_is_asked_once_more(
    signed_in: Client, booking: Booking, sequence: str
) -> None:
    response = cancel(signed_in, booking, sequence=sequence, message="Kept words")
    assert response.status_code == 422
    assert "This page was out of date. Please confirm once more." in text_of(response)
    assert "Kept words" in text_of(response)
    assert Booking.objects.get().is_live


def test_what_is_over_is_neither_cancelled_nor_moved(
    signed_in: Client, booking: Booking, clock: time_machine.Traveller
) -> None:
    clock.move_to(SLOT + DAY)
    for part in ("cancellation", "reschedule"):
        for method in (signed_in.get, signed_in.post):
            response = method(page_of(booking, part), follow=True)
            assert "This booking is over." in text_of(response)
    text = text_of(signed_in.get(page_of(booking)))
    assert ">Cancel</a>" not in text
    assert ">Reschedule</a>" not in text
    assert Booking.objects.get().is_live


# No-show


def test_no_show_is_noted_and_taken_back(
    signed_in: Client, booking: Booking, clock: time_machine.Traveller
) -> None:
    clock.move_to(SLOT)
    assert "Mark as no-show" in text_of(signed_in.get(page_of(booking)))
    for _twice in range(2):
        response = signed_in.post(page_of(booking, "no-show"), follow=True)
        assert "Cleo Client did not come: noted." in text_of(response)
    assert Booking.objects.get().no_show_at == SLOT
    assert "Undo no-show" in text_of(response)
    signed_in.post(page_of(booking, "no-show", "undo"))
    assert Booking.objects.get().no_show_at is None
    assert list(Change.objects.values_list("act", "by")) == [
        (Act.NO_SHOW, Party.OWNER),
        (Act.NO_SHOW_UNDONE, Party.OWNER),
    ]


def test_nobody_is_a_no_show_before_the_booking_begins(
    signed_in: Client, booking: Booking, clock: time_machine.Traveller
) -> None:
    clock.move_to(SLOT - timedelta(seconds=1))
    assert "Mark as no-show" not in text_of(signed_in.get(page_of(booking)))
    response = signed_in.post(page_of(booking, "no-show"), follow=True)
    assert "This booking has not begun yet." in text_of(response)
    assert not Booking.objects.get().is_no_show
    assert not Change.objects.exists()


def test_cancelled_booking_is_no_no_show(signed_in: Client, booking: Booking) -> None:
    Booking.objects.update(cancelled_at=SUNDAY)
    response = signed_in.post(page_of(booking, "no-show"), follow=True)
    assert "This booking was cancelled." in text_of(response)
    assert not Booking.objects.get().is_no_show
