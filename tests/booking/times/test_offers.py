"""Tests of what is read from the database for the slots of one instant."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.times.offers import load_offer
from calendars.models import Calendar, Owner
from calendars.rules import replace_weekly_hours
from calendars.schedule import Hours
from tests.support.world.factories import BookingFactory, CalendarFactory, TimeOffFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 25, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def open_calendar(owner: Owner, **fields: int) -> Calendar:
    """Return a calendar of half an hour that is open day and night."""
    calendar: Calendar = CalendarFactory.create(owner=owner, **fields)
    weekly = {weekday: [Hours(0, 1440)] for weekday in range(7)}
    replace_weekly_hours(calendar=calendar, time_zone="UTC", weekly=weekly)
    calendar.refresh_from_db()
    return calendar


def is_offered(calendar: Calendar, slot: datetime) -> bool:
    return load_offer(calendar, now=NOW, start=slot, end=slot).offers(slot)


@pytest.mark.parametrize("before", [0, 30, 31, 120])
def test_buffer_before_looks_back_over_midnight(olive: Owner, before: int) -> None:
    """A booking from 23:00 to 23:30 leaves half an hour of room before a slot at 00:00."""
    calendar = open_calendar(olive, buffer_before_minutes=before)
    BookingFactory.create(
        calendar=CalendarFactory.create(owner=olive), starts_at=MIDNIGHT - 60 * MINUTE
    )
    assert is_offered(calendar, MIDNIGHT) == (before <= 30)


@pytest.mark.parametrize("after", [0, 30, 31, 120])
def test_buffer_after_looks_ahead_over_midnight(olive: Owner, after: int) -> None:
    """A booking at 00:30 leaves half an hour of room after a slot from 23:30 to 00:00."""
    calendar = open_calendar(olive, buffer_after_minutes=after)
    BookingFactory.create(
        calendar=CalendarFactory.create(owner=olive), starts_at=MIDNIGHT + 30 * MINUTE
    )
    assert is_offered(calendar, MIDNIGHT - 30 * MINUTE) == (after <= 30)


@pytest.mark.parametrize("side", ["buffer_before_minutes", "buffer_after_minutes"])
def test_buffers_of_other_bookings_reach_over_midnight(olive: Owner, side: str) -> None:
    """Time off of hours that ended before, or begins after, is told from what a buffer reaches."""
    calendar = open_calendar(olive, **{side: 120})
    far = TimeOffFactory.create(
        host=olive, starts_at=MIDNIGHT - 300 * MINUTE, ends_at=MIDNIGHT - 120 * MINUTE
    )
    assert is_offered(calendar, MIDNIGHT)
    far.ends_at += MINUTE
    far.save()
    assert is_offered(calendar, MIDNIGHT) == (side == "buffer_after_minutes")
