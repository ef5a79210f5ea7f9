"""Tests of the functions that find an owner's bookings, for the page of the list and others."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.models import Booking
from booking.owner.queries import (
    BookingFilter,
    BookingQuery,
    bookings_of,
    count_bookings,
    find_bookings,
)
from calendars.models import Calendar, Owner
from tests.support.database.queries import counted_queries
from tests.support.world.factories import BookingFactory, CalendarFactory

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def bookings(calendar: Calendar, olive: Owner, sam: Owner) -> dict[str, Booking]:
    """Return two bookings of each kind on two calendars of Olive; Sam has a booking too."""
    other = CalendarFactory.create(owner=olive)
    BookingFactory.create(calendar=CalendarFactory.create(owner=sam), starts_at=NOW + DAY)
    days = {"tomorrow": 1, "next week": 7, "yesterday": -1, "last week": -7, "never": 2, "no": -2}
    return {
        name: BookingFactory.create(
            calendar=calendar if n % 2 else other,
            client_name=name.title(),
            starts_at=NOW + count * DAY,
            cancelled_at=NOW if name in {"never", "no"} else None,
        )
        for n, (name, count) in enumerate(days.items())
    }


def names(owner: Owner, query: BookingQuery, *, size: int = 10) -> list[str]:
    page = find_bookings(owner, query, size=size, now=NOW)
    return [booking.client_name.lower() for booking in page.rows]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (BookingQuery(), ["tomorrow", "next week"]),
        (BookingQuery(show="past"), ["yesterday", "last week"]),
        (BookingQuery(show="cancelled"), ["never", "no"]),
        (BookingQuery(q="WEEK"), ["next week"]),
        (BookingQuery(show="past", q="week"), ["last week"]),
    ],
)
def test_filter_and_search_find_what_comes_next_first(
    olive: Owner, query: BookingQuery, found: list[str]
) -> None:
    assert names(olive, query) == found
    everything = bookings_of(olive, query, now=NOW).values_list("client_name", flat=True)
    assert {name.lower() for name in everything} == set(found)


def test_calendar_narrows_down(olive: Owner, calendar: Calendar) -> None:
    assert names(olive, BookingQuery(calendar=calendar.pk)) == ["next week"]


def test_pages_begin_where_the_last_one_ended(olive: Owner, bookings: dict[str, Booking]) -> None:
    assert names(olive, BookingQuery(), size=1) == ["tomorrow"]
    after = BookingQuery(after=bookings["tomorrow"].pk)
    assert names(olive, after, size=1) == ["next week"]
    before = BookingQuery(before=bookings["next week"].pk)
    assert names(olive, before, size=1) == ["tomorrow"]


@pytest.mark.parametrize("q", ["", "week"])
def test_counts_are_those_of_all_pages(olive: Owner, q: str) -> None:
    with counted_queries() as statements:
        counts = count_bookings(olive, BookingQuery(q=q), now=NOW)
    assert counts == {each: len(names(olive, BookingQuery(each, q))) for each in BookingFilter}
    assert len(statements) == 1
