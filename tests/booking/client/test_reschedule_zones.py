"""Tests of moves in other zones, and across the change of the clocks."""

from datetime import UTC, datetime, timedelta
from re import findall

import pytest
import time_machine
from django.test import Client

from booking.models import Booking
from calendars.models import Calendar
from tests.support.booking.changing import (
    BOOKED,
    event_of,
    page_of,
    reschedule,
)
from tests.support.pages.parsing import words_of
from tests.support.world.factories import BookingFactory

pytestmark = pytest.mark.usefixtures("clock")
AT = "?at=2026-11-25T10:00Z"


@pytest.fixture
def booking(calendar: Calendar) -> Booking:
    """Return a booking on Tuesday at 10:00 in Berlin."""
    return BookingFactory.create(calendar=calendar, starts_at=BOOKED)


def instant(text: str) -> str:
    return f"{text}:00+00:00"


def test_client_in_another_zone_is_told_their_own_times(client: Client, calendar: Calendar) -> None:
    booking = BookingFactory.create(
        calendar=calendar, starts_at=BOOKED, client_time_zone="Asia/Tokyo"
    )
    response = reschedule(client, booking, "?tz=America/New_York")
    text = words_of(client.get(response["Location"]))
    # The client chose the new time in New York's zone, so the page tells times in that zone.
    assert "05:00–05:30</span> (New York time)" in text
    assert "You moved it from Tuesday 24 November, 04:00 (New York time)." in text
    assert Booking.objects.get().client_time_zone == "America/New_York"


def test_twelve_hour_clock_stays(client: Client, booking: Booking) -> None:
    page = words_of(client.get(page_of(booking, "?clock=12")))
    assert f'{page_of(booking, "reschedule/")}?clock=12"' in page
    assert "11:00 am" in words_of(client.get(page_of(booking, f"reschedule/{AT}&clock=12")))
    response = reschedule(client, booking, "?clock=12")
    assert response["Location"] == page_of(booking, "?clock=12")


@pytest.fixture
def before_the_change(clock: time_machine.Traveller) -> datetime:
    """Set the clock a week before Berlin's clocks go forward, on 28 March 2027.

    Return an instant two days before the change: 10:00 in Berlin.
    """
    clock.move_to(datetime(2027, 3, 21, 12, tzinfo=UTC))
    return datetime(2027, 3, 26, 9, tzinfo=UTC)


def test_move_across_the_change_of_the_clocks(
    client: Client, calendar: Calendar, before_the_change: datetime
) -> None:
    booking = BookingFactory.create(calendar=calendar, starts_at=before_the_change)
    entry = event_of(client, booking)
    page = client.get(page_of(booking, "reschedule/?day=2027-03-29"))
    # 10:00 in Berlin is an hour earlier in UTC than before the change.
    assert findall(r'at=([^"]+)">10:00<', words_of(page)) == ["2027-03-29T08:00Z"]
    response = reschedule(client, booking, at="2027-03-29T08:00Z")
    text = words_of(client.get(response["Location"]))
    assert 'Monday, 29 March 2027, <span class="nowrap">10:00–10:30</span> (Berlin time)' in text
    assert "You moved it from Friday 26 March, 10:00 (Berlin time)." in text
    moved = event_of(client, booking)
    assert moved.decoded("dtend") - moved.decoded("dtstart") == timedelta(minutes=30)
    assert moved.decoded("dtstart") == datetime(2027, 3, 29, 8, tzinfo=UTC)
    assert (moved["uid"], entry["sequence"], moved["sequence"]) == (entry["uid"], 0, 1)
