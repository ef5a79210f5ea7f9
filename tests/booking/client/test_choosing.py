"""Tests of the page on which a client chooses another time for their booking."""

from datetime import timedelta
from re import findall

import pytest
from django.test import Client

from booking.models import Booking
from calendars.models import Calendar
from tests.booking.client.test_page import slots_on
from tests.booking.conftest import SUNDAY
from tests.support.booking.changing import (
    BOOKED,
    WANTED,
    page_of,
    reschedule,
    state_of,
)
from tests.support.database.queries import (
    at_most_queries,
)
from tests.support.pages.parsing import shows, words_of
from tests.support.world.factories import BookingFactory

pytestmark = pytest.mark.usefixtures("clock")
AT = "?at=2026-11-25T10:00Z"


@pytest.fixture
def booking(calendar: Calendar) -> Booking:
    """Return a booking on Tuesday at 10:00 in Berlin."""
    return BookingFactory.create(calendar=calendar, starts_at=BOOKED)


def instant(text: str) -> str:
    return f"{text}:00+00:00"


def test_picker_is_that_of_the_booking_page(client: Client, booking: Booking) -> None:
    response = client.get(page_of(booking, "reschedule/"))
    assert response.status_code == 200
    assert slots_on(response)[0] == instant("2026-11-23T08:00")
    text = words_of(response)
    assert shows(text, "<h1>Reschedule Discovery call</h1>")
    assert 'Tuesday, 24 November 2026, <span class="nowrap">10:00–10:30</span>' in text
    assert "Next free times" in text
    assert response["Cache-Control"] == "no-store"
    assert "noindex" in response["X-Robots-Tag"]
    assert response["X-Frame-Options"] == "DENY"
    assert booking.manage_token not in text.split("<title>")[1].split("</title>")[0]


def test_own_time_is_no_other_time_and_in_nobodys_way(client: Client, calendar: Calendar) -> None:
    """Slots begin every 15 minutes, so two of them overlap the booking itself and are offered."""
    Calendar.objects.update(slot_interval_minutes=15)
    booking = BookingFactory.create(calendar=calendar, starts_at=BOOKED)
    offered = slots_on(client.get(page_of(booking, "reschedule/?day=2026-11-24")))
    assert instant("2026-11-24T09:00") not in offered
    assert {instant("2026-11-24T08:45"), instant("2026-11-24T09:15")} < set(offered)
    assert reschedule(client, booking, at="2026-11-24T09:15Z").status_code == 303


def test_own_time_in_the_address_is_told_to_be_the_booking(
    client: Client, booking: Booking
) -> None:
    text = words_of(client.get(page_of(booking, "reschedule/?at=2026-11-24T09:00Z")))
    assert "Your booking is at that time already." in text


def test_full_day_leaves_room_to_move_within_it(client: Client, booking: Booking) -> None:
    Calendar.objects.update(daily_cap=1)
    BookingFactory.create(calendar=booking.calendar, starts_at=WANTED)
    day = slots_on(client.get(page_of(booking, "reschedule/?day=2026-11-24")))
    assert instant("2026-11-24T10:00") in day
    assert reschedule(client, booking, at="2026-11-25T08:00Z").status_code == 409
    assert reschedule(client, booking, at="2026-11-24T10:00Z").status_code == 303


def test_chosen_time_stands_beside_the_present_one(client: Client, booking: Booking) -> None:
    text = words_of(client.get(page_of(booking, f"reschedule/{AT}")))
    heading = r'(?s)id="form-heading".*?datetime="([^"]+)".*?datetime="([^"]+)"'
    assert findall(heading, text) == [(instant("2026-11-24T09:00"), instant("2026-11-25T10:00"))]
    assert "Message to Olive Owner" in text
    assert "Confirm new time" in text


def test_only_a_part_is_sent_as_a_fragment(client: Client, booking: Booking) -> None:
    fragment = client.get(page_of(booking, f"reschedule/{AT}"), headers={"X-Fragment": "1"})
    assert fragment["X-Fragment"] == "1"
    assert "<main" not in words_of(fragment)


def test_clients_own_zone_comes_first_and_another_can_be_chosen(
    client: Client, calendar: Calendar
) -> None:
    booking = BookingFactory.create(
        calendar=calendar, starts_at=BOOKED, client_time_zone="Asia/Tokyo"
    )
    page = words_of(client.get(page_of(booking, "reschedule/")))
    assert "<b>Tokyo</b>" in page
    assert "data-zone-fixed" in page
    own = {"Sec-Fetch-Site": "same-origin"}
    chosen = client.get(page_of(booking, "reschedule/?tz=lima&chosen=on"), headers=own)
    assert "<b>Lima</b>" in words_of(chosen)
    assert chosen.cookies["tz"].value == "America/Lima"


def test_zone_of_a_booking_that_the_owner_entered_is_only_a_guess(
    client: Client, calendar: Calendar
) -> None:
    booking = BookingFactory.create(calendar=calendar, starts_at=BOOKED, made_by_owner=True)
    assert "data-zone-fixed" not in words_of(client.get(page_of(booking, "reschedule/")))


@pytest.mark.parametrize("bookings", [0, 40])
@pytest.mark.parametrize("state", ["", "?month=2026-12", AT])
def test_page_needs_as_few_queries_as_the_booking_page(
    client: Client, booking: Booking, state: str, bookings: int
) -> None:
    for n in range(bookings):
        BookingFactory.create(
            calendar=booking.calendar, starts_at=SUNDAY + timedelta(days=3, hours=n)
        )
    with at_most_queries(3):
        assert client.get(page_of(booking, f"reschedule/{state}")).status_code == 200


def test_reading_changes_nothing(client: Client, booking: Booking) -> None:
    before = state_of(booking)
    for name in ("", "reschedule/", f"reschedule/{AT}", "cancellation/", "booking.ics"):
        for method in (client.get, client.head, client.options):
            method(page_of(booking, name))
    assert state_of(booking) == before


@pytest.mark.parametrize(
    ("duration", "last", "count"),
    [
        (20, "15:20", 23),  # the last step of 20 minutes that leaves room for 30
        (60, "15:00", 8),  # the last step of 60 minutes
    ],
)
def test_offered_are_the_calendars_steps_that_have_room_for_the_booking(
    client: Client, booking: Booking, duration: int, last: str, count: int
) -> None:
    Calendar.objects.update(duration_minutes=duration)
    offered = slots_on(client.get(page_of(booking, "reschedule/?day=2026-11-25")))
    times = [each for each in offered if each.startswith("2026-11-25")]
    assert (times[0], times[-1]) == (instant("2026-11-25T08:00"), instant(f"2026-11-25T{last}"))
    assert len(times) == count


@pytest.mark.parametrize("state", ["", AT])
def test_page_tells_the_bookings_length_and_not_the_calendars(
    client: Client, booking: Booking, state: str
) -> None:
    Calendar.objects.update(duration_minutes=60)
    text = words_of(client.get(page_of(booking, f"reschedule/{state}")))
    assert shows(text, '<p class="facts"><b>30 minutes</b> · Room 5</p>')
    assert "60 minutes" not in text
    assert ("11:00–11:30" in text) == (state == AT)
