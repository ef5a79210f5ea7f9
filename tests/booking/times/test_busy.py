"""Tests of when hosts are busy, and of what makes them so, from every busy source."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.models import Booking, TimeOff
from booking.times.busy import busy_of, items_of, what_is_in_the_way
from booking.times.sources import SOURCES
from calendars.models import Calendar, Owner
from calendars.schedule import Interval
from tests.support.database.queries import at_most_queries
from tests.support.world.factories import BookingFactory, CalendarFactory, TimeOffFactory

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
MORNING = Interval(NINE, NINE + 3 * HOUR)


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    return CalendarFactory.create(owner=olive, name="Discovery call")


@pytest.fixture
def booking(calendar: Calendar) -> Booking:
    """Return a booking from 10:00 to 10:30 UTC, with buffers of 15 minutes."""
    return BookingFactory.create(
        calendar=calendar,
        starts_at=NINE + HOUR,
        blocked_from=NINE + 45 * MINUTE,
        blocked_until=NINE + 105 * MINUTE,
    )


@pytest.fixture
def time_off(olive: Owner) -> TimeOff:
    return TimeOffFactory.create(
        host=olive, starts_at=NINE + 2 * HOUR, ends_at=NINE + 9 * HOUR, note="Dentist"
    )


def test_host_is_busy_by_every_source_in_one_query(
    calendar: Calendar, booking: Booking, time_off: TimeOff
) -> None:
    with at_most_queries(1):
        busy = busy_of([calendar.owner_id], MORNING, calendar=calendar)
    assert sorted(busy.intervals) == [
        (booking.blocked_from, booking.blocked_until),
        (time_off.starts_at, time_off.ends_at),
    ]
    # Time off belongs to no calendar, so only the booking counts towards the cap.
    assert busy.starts == [booking.starts_at]


def test_owner_is_told_of_every_source(
    calendar: Calendar, booking: Booking, time_off: TimeOff
) -> None:
    with at_most_queries(len(SOURCES)):
        words = what_is_in_the_way([calendar.owner_id], MORNING, calendar=calendar)
    assert words == [
        "Cleo Client’s booking, Mon, 23 Nov 2026, 11:00–11:30, with its buffers (Discovery call)",
        "your time off “Dentist”, Mon, 23 Nov 2026, 12:00–19:00",
    ]


def test_planner_shows_every_source(
    calendar: Calendar, booking: Booking, time_off: TimeOff
) -> None:
    with at_most_queries(len(SOURCES)):
        items = items_of(calendar.owner_id, MORNING)
    shown = [(each.start, each.end, each.label, each.facts, each.url) for each in items]
    assert shown == [
        (
            booking.starts_at,
            booking.ends_at,
            "Cleo Client",
            "Discovery call",
            f"/bookings/{booking.pk}/",
        ),
        (time_off.starts_at, time_off.ends_at, "Time off", "Dentist", ""),
    ]


@pytest.mark.usefixtures("booking", "time_off")
def test_what_ends_or_begins_beside_the_interval_is_none_of_it(calendar: Calendar) -> None:
    before, after = (
        Interval(NINE, NINE + 45 * MINUTE),
        Interval(NINE + 105 * MINUTE, NINE + 2 * HOUR),
    )
    for interval in (before, after):
        assert busy_of([calendar.owner_id], interval, calendar=calendar).intervals == []
        assert what_is_in_the_way([calendar.owner_id], interval, calendar=calendar) == []
        assert items_of(calendar.owner_id, interval) == []


def test_bookings_of_all_calendars_block_and_those_of_one_count_for_its_cap(
    calendar: Calendar, booking: Booking
) -> None:
    other = CalendarFactory.create(owner=calendar.owner)
    busy = busy_of([other.owner_id], MORNING, calendar=other)
    assert (len(busy.intervals), busy.starts) == (1, [])


@pytest.mark.usefixtures("time_off")
def test_cancelled_and_other_hosts_rows_block_nothing(calendar: Calendar, sam: Owner) -> None:
    BookingFactory.create(calendar=calendar, starts_at=NINE, cancelled_at=NINE)
    assert busy_of([sam.pk], MORNING, calendar=calendar).intervals == []
    assert len(busy_of([calendar.owner_id], MORNING, calendar=calendar).intervals) == 1


def test_booking_that_is_moved_does_not_stand_in_its_own_way(
    calendar: Calendar, booking: Booking
) -> None:
    hosts = [calendar.owner_id]
    assert busy_of(hosts, MORNING, calendar=calendar, moving=booking).intervals == []
    assert what_is_in_the_way(hosts, MORNING, calendar=calendar, moving=booking) == []
    another = BookingFactory.create(calendar=calendar, starts_at=NINE)
    assert len(busy_of(hosts, MORNING, calendar=calendar, moving=another).intervals) == 1


def test_several_hosts_are_busy_when_one_of_them_is(
    calendar: Calendar, booking: Booking, time_off: TimeOff, sam: Owner
) -> None:
    theirs = TimeOffFactory.create(host=sam, starts_at=NINE, ends_at=NINE + HOUR)
    hosts = [calendar.owner_id, sam.pk]
    with at_most_queries(1):
        busy = busy_of(hosts, MORNING, calendar=calendar)
    assert sorted(busy.intervals) == [
        (theirs.starts_at, theirs.ends_at),
        (booking.blocked_from, booking.blocked_until),
        (time_off.starts_at, time_off.ends_at),
    ]
    assert len(what_is_in_the_way(hosts, MORNING, calendar=calendar)) == 3
