"""Test of the slot code against an oracle that goes minute by minute and uses no intervals."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.times.slots import Busy, Offer, Rules
from calendars.schedule import Hours, Interval, Schedule

pytestmark = pytest.mark.once
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

# Zones with their odd days. They have changes by half an hour, at midnight and at 00:01, negative
# "summer" time, a date that is left out, or no change. All changes fall on whole minutes.
DAYS = {
    "Europe/Berlin": [date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 10)],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
    "Asia/Kathmandu": [date(2026, 5, 5), date(1986, 1, 1)],
    "America/St_Johns": [date(2026, 3, 8), date(2026, 11, 1), date(2010, 11, 7), date(2010, 3, 14)],
    "Pacific/Chatham": [date(2026, 4, 5), date(2026, 9, 27)],
    "Europe/Dublin": [date(2026, 3, 29), date(2026, 10, 25)],
    "Africa/Casablanca": [date(2026, 2, 15), date(2026, 3, 22)],
    "Pacific/Apia": [date(2011, 12, 29), date(2011, 12, 30), date(2011, 12, 31)],
    "America/Havana": [date(2026, 3, 8), date(2026, 11, 1)],
    "America/Sao_Paulo": [date(2018, 11, 4), date(2018, 2, 18)],
    "Africa/Cairo": [date(2026, 4, 24), date(2026, 10, 30)],
    "UTC": [date(2026, 1, 1)],
}


def clock(minute: datetime, zone: ZoneInfo) -> datetime:
    return minute.astimezone(zone).replace(tzinfo=None)


class Clock:
    """The readings of a zone's clock at every minute of the nine days around `day`."""

    def __init__(self, zone: ZoneInfo, day: date) -> None:
        start = datetime.combine(day, time(), UTC) - 4 * DAY
        self.readings = [
            (minute, clock(minute, zone))
            for minute in (start + offset * MINUTE for offset in range(9 * 24 * 60))
        ]
        self.last = {wall: minute for minute, wall in self.readings}
        self.first = {wall: minute for minute, wall in reversed(self.readings)}

    def jump_over(self, wall: datetime) -> datetime:
        """Return the first minute after the clock jumped over `wall`."""
        for (_, before), (minute, after) in pairwise(self.readings):
            if before < wall < after:
                return minute
        raise AssertionError(wall)


clock_around = lru_cache(maxsize=None)(Clock)


class Oracle:
    """A slow but simple finder of slots, which holds the set of open minutes of each date."""

    def __init__(self, schedule: Schedule, day: date) -> None:
        self.schedule = schedule
        self.day = day
        self.clock = clock_around(schedule.zone, day)
        self.minutes_of = {date_: self._minutes(date_) for date_ in days_around(day, 2, 3)}
        self.open = set().union(*self.minutes_of.values())

    def _minutes(self, day: date) -> set[datetime]:
        minutes: set[datetime] = set()
        for hours in self.schedule.hours_on(day):
            wall_start, wall_end = (
                datetime.combine(day, time()) + minute * MINUTE for minute in hours
            )
            start = self.clock.first.get(wall_start) or self.clock.jump_over(wall_start)
            # 24:00 is the first instant of the next date.
            ends = self.clock.first if hours.end == 24 * 60 else self.clock.last
            end = ends.get(wall_end) or self.clock.jump_over(wall_end)
            minutes |= set(span(start, end))
        return minutes

    def slots(self, rules: Rules, busy: Busy, now: datetime) -> list[datetime]:
        """Return the offered slots of the dates from the one before `day` to the one after it."""
        return sorted(
            {
                slot
                for date_ in days_around(self.day, 1, 1)
                for slot in self._steps(self.minutes_of[date_], rules.slot_interval)
                if self._offered(slot, rules, busy, now)
            }
        )

    def _steps(self, minutes: set[datetime], step: timedelta) -> Iterator[datetime]:
        for minute in minutes:
            if minute - MINUTE not in minutes:
                slot = minute
                while slot in minutes:
                    yield slot
                    if any(m not in minutes for m in span(slot, slot + step)):
                        break
                    slot += step

    def _offered(self, slot: datetime, rules: Rules, busy: Busy, now: datetime) -> bool:
        zone = self.schedule.zone
        end = slot + rules.duration
        blocked = span(slot - rules.buffer_before, end + rules.buffer_after)
        taken = {minute for interval in busy.intervals for minute in span(*interval)}
        date_ = clock(slot, zone).date()
        booked = sum(clock(start, zone).date() == date_ for start in busy.starts)
        return (
            all(minute in self.open for minute in span(slot, end))
            and slot >= now + rules.minimum_notice
            and date_ <= clock(now, zone).date() + rules.booking_window_days * DAY
            and taken.isdisjoint(blocked)
            and (rules.daily_cap is None or booked < rules.daily_cap)
        )


def span(start: datetime, end: datetime) -> list[datetime]:
    """Return the minutes of [start, end)."""
    return [start + n * MINUTE for n in range((end - start) // MINUTE)]


def days_around(day: date, before: int, after: int) -> list[date]:
    return [day + n * DAY for n in range(-before, after + 1)]


# Half of these minutes are near midnight or in the small hours, when clocks change.
minutes_of_day = st.one_of(
    st.integers(0, 288).map(lambda n: n * 5),
    st.sampled_from([0, 5, 60, 90, 105, 120, 125, 150, 165, 180, 1380, 1410, 1440]),
)


@st.composite
def hours(draw: st.DrawFn) -> list[Hours]:
    ranges = []
    for _ in range(draw(st.integers(0, 3))):
        start, end = sorted((draw(minutes_of_day), draw(minutes_of_day)))
        if start < end:
            ranges.append(Hours(start, end))
    return ranges


def minutes(low: int, high: int) -> st.SearchStrategy[timedelta]:
    return st.integers(low, high).map(lambda n: n * MINUTE)


@st.composite
def nested(draw: st.DrawFn, noon: datetime) -> list[Interval]:
    """Return busy time of some hours with more of it inside, such as bookings within time off."""
    start = noon + draw(minutes(-1500, 800))
    length = draw(minutes(180, 700))
    inside = draw(st.lists(st.tuples(minutes(1, 100), minutes(5, 60)), min_size=1, max_size=2))
    within = [Interval(start + later, start + later + lasts) for later, lasts in inside]
    return draw(st.permutations([Interval(start, start + length), *within]))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Schedule, date, Rules, Busy, datetime]:
    name = draw(st.sampled_from(sorted(DAYS)))
    zone = ZoneInfo(name)
    # Most cases are of a day on which the clocks change, and not of the one before or after it.
    day = draw(st.sampled_from(DAYS[name])) + draw(st.sampled_from([0, 0, 0, -1, 1])) * DAY
    whole_day = st.just([Hours(0, 1440)])
    weekly = {weekday: draw(st.one_of(hours(), whole_day)) for weekday in range(7)}
    overrides = draw(
        st.dictionaries(st.sampled_from([day, day + DAY]), st.one_of(hours(), whole_day))
    )
    rules = Rules(
        duration=draw(st.one_of(minutes(5, 200), minutes(5, 1440))),
        slot_interval=draw(minutes(5, 120)),
        buffer_before=draw(minutes(0, 40)),
        buffer_after=draw(minutes(0, 40)),
        minimum_notice=draw(minutes(0, 600)),
        booking_window_days=draw(st.integers(0, 3)),
        daily_cap=draw(st.one_of(st.none(), st.integers(1, 2))),
    )
    noon = datetime.combine(day, time(12), UTC)
    starts = draw(st.lists(minutes(-2000, 2000).map(lambda d: noon + d), max_size=4))
    intervals = [Interval(start, start + draw(minutes(1, 120))) for start in starts]
    if draw(st.booleans()):
        intervals += draw(nested(noon))
    busy = Busy(intervals=intervals, starts=starts[:2])
    now = noon + draw(minutes(-4000, 1000))
    return Schedule(zone, weekly, overrides), day, rules, busy, now


@given(cases())
@settings(max_examples=200, deadline=None)
def test_slots_match_the_oracle(case: tuple[Schedule, date, Rules, Busy, datetime]) -> None:
    schedule, day, rules, busy, now = case
    oracle = Oracle(schedule, day)
    expected = oracle.slots(rules, busy, now)
    # They are compared where the oracle knows every range: on `day` itself and a little around it.
    noon = datetime.combine(day, time(12), UTC)
    start, end = noon - timedelta(hours=20), noon + timedelta(hours=20)
    offered = Offer(rules, schedule, busy, now).slots(start, end)
    assert offered == [slot for slot in expected if start <= slot < end]
