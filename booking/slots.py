"""Which slots a calendar offers: DESIGN's one rule for every zone and day. Pure.

What is busy, the present time and who looks only ever take slots away: they never move one.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from calendars.schedule import Interval, Schedule, dates_between, unite
from calendars.walltime import local_date

# A slot of up to a day may run over two midnights where a day has 23 hours, and a date's first
# instant may lie a day from where UTC has it.
MARGIN = timedelta(days=3)


@dataclass(frozen=True)
class Rules:
    """A calendar's booking rules. `daily_cap` None is no limit."""

    duration: timedelta
    slot_interval: timedelta
    buffer_before: timedelta = timedelta()
    buffer_after: timedelta = timedelta()
    minimum_notice: timedelta = timedelta()
    booking_window_days: int = 60
    daily_cap: int | None = None

    def blocked_interval(self, start: datetime) -> Interval:
        """What a booking at `start` makes busy, buffers included."""
        return Interval(start - self.buffer_before, start + self.duration + self.buffer_after)


@dataclass(frozen=True)
class Busy:
    """What live bookings leave no room for.

    `intervals` are the owner's busy intervals, on all calendars; `starts` are the starts of this
    calendar's own bookings, for the daily cap.
    """

    intervals: Sequence[Interval] = ()
    starts: Sequence[datetime] = ()
    _united: list[Interval] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_united", unite(self.intervals))

    def meets(self, interval: Interval) -> bool:
        """Whether `interval` overlaps anything busy."""
        before = bisect_right(self._united, interval.start, key=lambda busy: busy.end)
        return before < len(self._united) and self._united[before].start < interval.end


@dataclass(frozen=True)
class Offer:
    """All that decides which slots of a calendar are offered at the instant `now`."""

    rules: Rules
    schedule: Schedule
    busy: Busy
    now: datetime

    @property
    def last_date(self) -> date:
        """The last of the calendar's dates that may be booked."""
        today = local_date(self.now, self.schedule.zone)
        return today + timedelta(days=self.rules.booking_window_days)

    def slots(self, start: datetime, end: datetime) -> list[datetime]:
        """The offered slots that start in [start, end), in order."""
        earliest = max(start, self.now + self.rules.minimum_notice)
        full = self._full_dates()
        return [
            slot
            for slot in _schedule_slots(self.rules, self.schedule, earliest, end)
            if (day := local_date(slot, self.schedule.zone)) <= self.last_date
            and day not in full
            and not self.busy.meets(self.rules.blocked_interval(slot))
        ]

    def offers(self, slot: datetime) -> bool:
        """Whether the one slot at the instant `slot` is offered."""
        return slot in self.slots(slot, slot + timedelta(microseconds=1))

    def search(self, start: datetime, count: int) -> list[datetime]:
        """The first `count` offered slots from `start` on, a month at a time."""
        found: list[datetime] = []
        while len(found) < count and local_date(start, self.schedule.zone) <= self.last_date:
            end = start + timedelta(days=31)
            found += self.slots(start, end)
            start = end
        return found[:count]

    def _full_dates(self) -> set[date]:
        if self.rules.daily_cap is None:
            return set()
        booked = Counter(local_date(start, self.schedule.zone) for start in self.busy.starts)
        return {day for day, count in booked.items() if count >= self.rules.daily_cap}


def _schedule_slots(
    rules: Rules, schedule: Schedule, start: datetime, end: datetime
) -> list[datetime]:
    """The slots that the hours alone give in [start, end)."""
    if start >= end:
        return []
    first = local_date(start - MARGIN, schedule.zone)
    last = local_date(end + MARGIN, schedule.zone)
    ranges = [schedule.ranges_on(day) for day in dates_between(first, last)]
    # Ranges of two dates touch only at midnight: there a slot may run on into the next date.
    stretches = unite(interval for of_date in ranges for interval in of_date)
    slots = {
        slot
        for of_date in ranges
        for interval in of_date
        for slot in _steps(interval, rules.slot_interval, start, end)
        if _holds(stretches, Interval(slot, slot + rules.duration))
    }
    return sorted(slots)


def _steps(
    interval: Interval, step: timedelta, start: datetime, end: datetime
) -> Iterator[datetime]:
    """From the start of `interval` by `step`, those in [start, end) only."""
    skipped = max(0, -((interval.start - start) // step)) if interval.start < start else 0
    slot = interval.start + skipped * step
    while slot < min(interval.end, end):
        yield slot
        slot += step


def _holds(stretches: Sequence[Interval], interval: Interval) -> bool:
    """Whether the whole of `interval` lies in one of the sorted, disjoint `stretches`."""
    index = bisect_right(stretches, interval.start, key=lambda stretch: stretch.start) - 1
    return index >= 0 and interval.end <= stretches[index].end


def group_by_date(slots: Iterable[datetime], zone: ZoneInfo) -> dict[date, list[datetime]]:
    """The slots by their date in `zone`, the zone of whoever looks."""
    grouped: dict[date, list[datetime]] = {}
    for slot in slots:
        grouped.setdefault(local_date(slot, zone), []).append(slot)
    return grouped
