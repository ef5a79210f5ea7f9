"""The pages say what will be erased, and what was; staff have them for all owners."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from booking.models import Booking, Mail
from booking.owner.feed import open_feed
from booking.privacy.personal import ERASED
from calendars.models import Calendar, Occasion, Owner
from onetime_links.models import OneTimeLink
from tests.booking.conftest import SUNDAY
from tests.booking.privacy.conftest import DAY, EMAIL, book
from tests.support.database.queries import all_rows, at_most_queries, counted_queries
from tests.support.pages.parsing import text_of
from tests.support.world.factories import (
    BookingFactory,
    ChangeFactory,
    LinkRequestFactory,
    OneTimeLinkFactory,
)
from tests.support.world.hostile import HIDDEN, INERT, LONG, Tree

pytestmark = pytest.mark.django_db
PAGE = "/bookings/client-data/"
EVERYBODYS = "/staff/client-data/"


def post(client: Client, address: str, **fields: str) -> Any:
    return client.post(address, {"email": EMAIL, **fields})


@pytest.fixture
def staff(olive: Owner) -> Owner:
    """Olive, as staff who may erase clients."""
    olive.is_staff = True
    olive.save(update_fields=["is_staff"])
    olive.user_permissions.add(Permission.objects.get(codename="erase_client"))
    return olive


def test_page_says_before_and_after_what_is_erased(
    signed_in: Client, both: tuple[Owner, Owner]
) -> None:
    before = text_of(post(signed_in, PAGE))
    for text in ("6 bookings", "3 messages", "3 requests for a link", "Clear the notes"):
        assert text in before
    for text in ("6 emails kept on this server", "3 emails that were not sent yet"):
        assert text in before
    assert "Cleo Violet" in before
    assert "Saffron" not in before
    done = signed_in.post(f"{PAGE}erasure/", {"email": EMAIL, "clear_notes": "on"}, follow=True)
    assert done.redirect_chain == [(PAGE, 302)]
    assert (
        "Erased: 6 bookings, 3 messages, 3 requests for a link, 6 emails kept on this server,"
        " 3 emails that were not sent yet, 6 notes of one-time links."
    ) in text_of(done)
    assert EMAIL not in text_of(done)
    assert "Nothing is held of cleo@example.com" in text_of(post(signed_in, PAGE))
    assert "Nothing was held." in text_of(
        signed_in.post(f"{PAGE}erasure/", {"email": EMAIL}, follow=True)
    )
    assert Booking.objects.filter(client_name="Cleo Saffron").count() == 6


def test_notes_stay_without_the_tick(signed_in: Client, both: tuple[Owner, Owner]) -> None:
    post(signed_in, f"{PAGE}erasure/")
    assert OneTimeLink.objects.filter(note__contains="Violet").count() == 6


def test_upcoming_bookings_are_cancelled_first_and_the_client_is_told(
    signed_in: Client, calendar: Calendar
) -> None:
    booking = book(calendar, "Violet", SUNDAY + DAY)
    assert "Upcoming bookings must be cancelled first." in text_of(post(signed_in, PAGE))
    refused = post(signed_in, f"{PAGE}erasure/")
    assert refused.status_code == 409
    assert "Upcoming bookings must be cancelled first." in text_of(refused)
    page = text_of(post(signed_in, f"{PAGE}cancellations/"))
    assert "1 booking was cancelled." in page
    assert "Erase for good" in page
    booking.refresh_from_db()
    assert booking.cancelled_at == SUNDAY
    assert Mail.objects.filter(occasion=Occasion.CANCELLED, recipient="client").count() == 1


def test_erased_client_has_a_name_in_the_language_of_the_reader(
    signed_in: Client, olive: Owner, calendar: Calendar
) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, created_at=SUNDAY - 9 * DAY)
    booking = book(calendar, "Violet", SUNDAY - DAY)
    Booking.objects.update(one_time_link=link, erased_at=SUNDAY, client_name=ERASED)
    ChangeFactory.create(booking=booking)
    Owner.objects.update(language="de")
    address = f"/feed/{open_feed(owner=olive).feed_token}/bookings.ics"
    for page in (
        "/bookings/?show=past",
        f"/bookings/{booking.pk}/",
        f"/bookings/month/?month={SUNDAY - DAY:%Y-%m}",
        "/bookings/export/?show=past",
        f"/calendars/{calendar.slug}/one-time-links/?show=all",
        address,
    ):
        response = signed_in.get(page, headers={"Accept-Language": "de"})
        text = b"".join(response).decode()
        assert "Gelöscht" in text, page
        assert "Erased" not in text, page


@pytest.mark.parametrize("format", ["json", "csv"])
def test_export_is_a_file_that_no_cache_keeps(
    signed_in: Client, calendar: Calendar, format: str
) -> None:
    book(calendar, "Violet", SUNDAY - DAY)
    response = post(signed_in, f"{PAGE}export/", format=format)
    assert response["Content-Disposition"] == f'attachment; filename="client-2026-11-22.{format}"'
    assert "no-store" in response["Cache-Control"]
    assert "Cleo Violet" in response.content.decode()


def test_staff_with_the_permission_see_and_erase_for_all(
    signed_in: Client, both: tuple[Owner, Owner], staff: Owner
) -> None:
    assert "On the calendars of all owners" in text_of(signed_in.get(PAGE))
    page = text_of(post(signed_in, EVERYBODYS))
    for text in ("12 bookings", "Cleo Violet", "Cleo Saffron", "Sam Stranger"):
        assert text in page
    assert post(signed_in, f"{EVERYBODYS}erasure/").status_code == 302
    assert not Booking.objects.exclude(client_email="").exists()


@pytest.mark.parametrize("lacking", ["is_staff", "permission"])
def test_page_for_all_is_not_there_without_the_permission(
    signed_in: Client, both: tuple[Owner, Owner], staff: Owner, lacking: str
) -> None:
    if lacking == "is_staff":
        Owner.objects.update(is_staff=False)
    else:
        staff.user_permissions.clear()
    before = all_rows(but={"session"})
    assert signed_in.get(EVERYBODYS).status_code == 404
    for part in ("", "export/", "cancellations/", "erasure/"):
        assert post(signed_in, f"{EVERYBODYS}{part}").status_code == 404
    assert all_rows(but={"session"}) == before
    assert "all owners" not in text_of(signed_in.get(PAGE))


@pytest.mark.parametrize("part", ["", "export/", "cancellations/", "erasure/"])
def test_wrong_address_is_refused_at_its_field(
    signed_in: Client, both: tuple[Owner, Owner], part: str
) -> None:
    before = all_rows(but={"session"})
    for text in (*HIDDEN.values(), *LONG.values(), "", "cleo"):
        response = signed_in.post(f"{PAGE}{part}", {"email": text, "format": "csv"})
        tree = Tree.of(response)
        assert response.status_code == 422
        assert tree.inputs["email"]["aria-invalid"] == "true"
        assert tree.inputs["email"].get("value", "").split() == text.split()
    assert all_rows(but={"session"}) == before


@pytest.mark.parametrize("kind", ["markup", "attributes", "templates"])
def test_what_is_shown_is_text_alone(signed_in: Client, calendar: Calendar, kind: str) -> None:
    text = INERT[kind]
    link = OneTimeLinkFactory.create(calendar=calendar, created_at=SUNDAY - 9 * DAY)
    LinkRequestFactory.create(link=link)
    book(calendar, "Violet", SUNDAY - DAY, one_time_link=link)
    trees = []
    for each in ("Harmless", text):
        Booking.objects.update(client_name=each, answers=[{"question": each, "answer": each}])
        OneTimeLink.objects.update(note=each)
        Calendar.objects.update(name=each)
        link.requests.update(client_name=each, word=each)
        trees.append(Tree.of(post(signed_in, PAGE)))
    assert trees[1].shows(text)
    assert trees[1].elements == trees[0].elements


def test_page_takes_as_many_queries_for_thirty_bookings_as_for_one(
    signed_in: Client, calendar: Calendar
) -> None:
    book(calendar, "Violet", SUNDAY - DAY)
    with counted_queries() as statements:
        post(signed_in, PAGE)
    for day in range(2, 31):
        book(calendar, "Violet", SUNDAY - day * DAY)
    with at_most_queries(len(statements)):
        post(signed_in, PAGE)


def test_long_list_is_cut_and_says_so(signed_in: Client, calendar: Calendar) -> None:
    for day in range(1, 53):
        BookingFactory.create(calendar=calendar, starts_at=SUNDAY - day * DAY)
    page = text_of(post(signed_in, PAGE))
    assert "Earlier bookings are not shown here." in page
    assert "52 bookings" in page


def test_erased_booking_says_so_and_offers_nothing_for_its_client(
    signed_in: Client, calendar: Calendar
) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, created_at=SUNDAY - 9 * DAY)
    booking = book(calendar, "Violet", SUNDAY + DAY, one_time_link=link, cancelled_at=SUNDAY)
    address = f"/bookings/{booking.pk}/"
    assert "Book again" in text_of(signed_in.get(address))
    post(signed_in, f"{PAGE}erasure/")
    page = text_of(signed_in.get(address))
    assert "What was held of this client was erased on" in page
    for offer in ("Book again", "Let them book again?"):
        assert offer not in page
    assert signed_in.post(f"{address}new-link/").status_code == 404


def test_list_of_bookings_leads_to_the_page(signed_in: Client) -> None:
    assert f'href="{PAGE}"' in signed_in.get("/bookings/").content.decode()
