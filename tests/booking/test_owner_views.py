from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from booking.models import Booking
from calendars.models import Calendar, Owner
from onetime_links.models import Status
from tests.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory
from tests.pages import text_of
from tests.queries import counted_queries

TOMORROW = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def signed_in(client: Client, olive: Owner) -> Client:
    client.force_login(olive)
    return client


def test_bookings_lists_upcoming_ones_soonest_first(signed_in: Client, calendar: Calendar) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, note="Acme, Ms Ito")
    facts: list[dict[str, Any]] = [
        {"client_name": "Second", "starts_at": TOMORROW + HOUR, "one_time_link": link},
        {"client_name": "First", "starts_at": TOMORROW},
        {"client_name": "Past", "starts_at": TOMORROW - timedelta(days=3)},
        {"client_name": "Cancelled", "starts_at": TOMORROW, "cancelled_at": TOMORROW},
    ]
    for fact in facts:
        BookingFactory.create(calendar=calendar, **fact)
    text = text_of(signed_in.get("/bookings/"))
    assert text.index("First") < text.index("Second")
    assert "by one-time link: Acme, Ms Ito" in text
    assert "Past" not in text
    assert "Cancelled" not in text


def test_email_of_a_client_adds_nothing_to_a_letter(signed_in: Client, calendar: Calendar) -> None:
    booking = BookingFactory.create(
        calendar=calendar, starts_at=TOMORROW, client_email="l?bcc=evil@example.com"
    )
    for page in ("/bookings/", f"/bookings/{booking.pk}/cancellation/"):
        text = text_of(signed_in.get(page))
        assert 'href="mailto:l%3Fbcc%3Devil@example.com">l?bcc=evil@example.com</a>' in text


def test_bookings_of_others_are_not_there(signed_in: Client, sam: Owner) -> None:
    theirs = BookingFactory.create(calendar=CalendarFactory.create(owner=sam), starts_at=TOMORROW)
    assert "No upcoming bookings" in text_of(signed_in.get("/bookings/"))
    for method in (signed_in.get, signed_in.post):
        assert method(f"/bookings/{theirs.pk}/cancellation/").status_code == 404
    assert Booking.objects.get().is_live


def test_bookings_needs_the_same_queries_for_one_and_for_thirty(
    signed_in: Client, calendar: Calendar
) -> None:
    counts = []
    for rows in (1, 29):
        for n in range(rows):
            BookingFactory.create(
                calendar=calendar,
                one_time_link=OneTimeLinkFactory.create(calendar=calendar),
                starts_at=TOMORROW + (rows + n) * HOUR,
            )
        with counted_queries() as statements:
            signed_in.get("/bookings/")
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_cancel_asks_then_frees_the_time_and_keeps_the_link_used(
    signed_in: Client, calendar: Calendar
) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar)
    booking = BookingFactory.create(calendar=calendar, one_time_link=link, starts_at=TOMORROW)
    address = f"/bookings/{booking.pk}/cancellation/"
    assert "Cancel the booking of Cleo Client?" in text_of(signed_in.get(address))
    assert Booking.objects.get().is_live
    for words in ("was cancelled. The time is free again.", "was cancelled already"):
        assert words in text_of(signed_in.post(address, follow=True))
    assert not Booking.objects.get().is_live
    assert link.status(at=timezone.now()) == Status.USED
    BookingFactory.create(calendar=calendar, starts_at=TOMORROW)


def test_calendar_with_upcoming_bookings_is_not_deleted(
    signed_in: Client, calendar: Calendar
) -> None:
    BookingFactory.create(calendar=calendar, starts_at=TOMORROW)
    page = text_of(signed_in.get("/calendars/discovery-call/delete/"))
    assert "Cleo Client" in page
    response = signed_in.post("/calendars/discovery-call/delete/", {"name": "Discovery call"})
    assert response.status_code == 422
    assert "Upcoming bookings must be cancelled first." in text_of(response)
    assert not Calendar.objects.get().is_deleted


def test_delete_wants_the_name_typed(signed_in: Client, calendar: Calendar) -> None:
    BookingFactory.create(calendar=calendar, starts_at=TOMORROW - timedelta(days=9))
    address = "/calendars/discovery-call/delete/"
    response = signed_in.post(address, {"name": "Discovery"})
    assert response.status_code == 422
    assert "Type “Discovery call” to delete it." in text_of(response)
    assert 'value="Discovery"' in text_of(response)
    response = signed_in.post(address, {"name": "Discovery call"}, follow=True)
    assert "“Discovery call” was deleted." in text_of(response)
    assert signed_in.get(address).status_code == 404
    assert Booking.objects.count() == 1


def test_calendar_of_another_owner_is_404(signed_in: Client, sam: Owner) -> None:
    CalendarFactory.create(owner=sam, name="Theirs", slug="theirs")
    for method in (signed_in.get, signed_in.post):
        assert method("/calendars/theirs/delete/", {"name": "Theirs"}).status_code == 404
    assert not Calendar.objects.get().is_deleted


@pytest.mark.parametrize(
    "path", ["/bookings/", "/bookings/1/cancellation/", "/calendars/x/delete/"]
)
def test_nobody_is_asked_to_sign_in(client: Client, db: None, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")
