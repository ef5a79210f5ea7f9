"""Tests of the pure code for hours: intervals that are united, and the hours of one date."""

from datetime import UTC, date, datetime
from itertools import pairwise, permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.schedule import Hours, Interval, Schedule, unite

pytestmark = pytest.mark.once


def at(minute: int) -> datetime:
    return datetime(2026, 6, 10, minute // 60, minute % 60, tzinfo=UTC)


def between(*pairs: tuple[int, int]) -> list[Interval]:
    return [Interval(at(start), at(end)) for start, end in pairs]


@pytest.mark.parametrize(
    ("pairs", "united"),
    [
        ([(1, 2), (3, 8), (4, 5)], [(1, 2), (3, 8)]),  # one lies within another
        ([(1, 9), (2, 3), (4, 5)], [(1, 9)]),
        ([(1, 4), (3, 8)], [(1, 8)]),
        ([(1, 3), (3, 8)], [(1, 8)]),  # they touch
        ([(1, 3), (1, 8)], [(1, 8)]),
        ([(2, 2), (3, 4), (9, 7)], [(3, 4)]),  # two are empty
    ],
)
def test_united_intervals_hold_the_same_time_in_any_order(
    pairs: list[tuple[int, int]], united: list[tuple[int, int]]
) -> None:
    for order in permutations(pairs):
        assert unite(between(*order)) == between(*united)


minutes = st.integers(0, 40)


@given(st.lists(st.tuples(minutes, minutes), max_size=8))
def test_united_intervals_hold_every_minute_once(pairs: list[tuple[int, int]]) -> None:
    united = unite(between(*pairs))
    held = [n for n in range(41) for start, end in united if start <= at(n) < end]
    assert held == sorted({n for start, end in pairs for n in range(start, end)})
    assert all(first.end < second.start for first, second in pairwise(united))


@pytest.mark.parametrize(
    ("zone", "day", "hours", "start", "end"),
    [
        # From 02:00 on, the hour occurs twice: a range holds both, as far as it goes.
        ("Europe/Berlin", date(2026, 10, 25), Hours(60, 150), "2026-10-24T23:00", "T01:30"),
        ("Europe/Berlin", date(2026, 10, 25), Hours(150, 240), "2026-10-25T00:30", "T03:00"),
        ("America/New_York", date(2026, 11, 1), Hours(0, 90), "2026-11-01T04:00", "T06:30"),
        # The hour from 02:00 is left out: what begins in it begins at the change, and so ends it.
        ("Europe/Berlin", date(2026, 3, 29), Hours(150, 240), "2026-03-29T01:00", "T02:00"),
        ("Europe/Berlin", date(2026, 3, 29), Hours(60, 150), "2026-03-29T00:00", "T01:00"),
    ],
)
def test_hours_of_a_day_on_which_clocks_change(
    zone: str, day: date, hours: Hours, start: str, end: str
) -> None:
    [interval] = Schedule(ZoneInfo(zone), {day.weekday(): [hours]}).ranges_on(day)
    assert f"{interval.start:%Y-%m-%dT%H:%M}" == start
    assert f"{interval.end:T%H:%M}" == end
