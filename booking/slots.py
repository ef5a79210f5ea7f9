"""Which slots a calendar offers: DESIGN's one rule for every zone and day. Pure.

What is busy, the present time and who looks only ever take slots away: they never move one.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from calendars.schedule import Interval, Schedule, dates_between, unite
from calendars.walltime import day_start, local_date

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

    def end_of_clash(self, interval: Interval) -> datetime | None:
        """When the busy time that `interval` meets is over; None if it meets none."""
        index = bisect_right(self._united, interval.start, key=lambda busy: busy.end)
        if index < len(self._united) and self._united[index].start < interval.end:
            return self._united[index].end
        return None


@dataclass(frozen=True)
class Offer:
    """All that decides which slots of a calendar are offered at the instant `now`."""

    rules: Rules
    schedule: Schedule
    busy: Busy
    now: datetime
    # Where a booking that is moved stands now, which is no other time for it.
    present: datetime | None = None

    @cached_property
    def last_date(self) -> date:
        """The last of the calendar's dates that may be booked."""
        today = local_date(self.now, self.schedule.zone)
        return today + timedelta(days=self.rules.booking_window_days)

    def slots(self, start: datetime, end: datetime) -> list[datetime]:
        """The offered slots that start in [start, end), in order."""
        start = max(start, self.now + self.rules.minimum_notice)
        if start >= end:
            return []
        first = local_date(start - MARGIN, self.schedule.zone)
        last = local_date(end + MARGIN, self.schedule.zone)
        ranges = [self.schedule.ranges_on(day) for day in dates_between(first, last)]
        # Ranges of two dates touch only at midnight: there a slot may run on into the next date.
        stretches = unite(interval for of_date in ranges for interval in of_date)
        slots = {
            slot
            for of_date in ranges
            for interval in of_date
            for slot in self._free_steps(interval, start, end)
            if _holds(stretches, slot, slot + self.rules.duration) and self._is_open(slot)
        }
        return sorted(slots - {self.present})

    def offers(self, slot: datetime) -> bool:
        """Whether the one slot at the instant `slot` is offered."""
        return slot in self.slots(slot, slot + timedelta(microseconds=1))

    def has_room(self, start: datetime) -> bool:
        """Whether a booking at `start` would meet nothing busy; the other rules aside."""
        return self.busy.end_of_clash(self.rules.blocked_interval(start)) is None

    def search(self, start: datetime, count: int) -> list[datetime]:
        """The first `count` offered slots from `start` on.

        Looks at two days, then at four, and so on: most calendars have something soon.
        """
        found: list[datetime] = []
        span = timedelta(days=2)
        while len(found) < count and local_date(start, self.schedule.zone) <= self.last_date:
            found += self.slots(start, start + span)
            start, span = start + span, min(2 * span, timedelta(days=32))
        return found[:count]

    def _free_steps(self, interval: Interval, start: datetime, end: datetime) -> Iterator[datetime]:
        """The steps of one open range that lie in [start, end) and clash with nothing busy.

        Goes over busy time in one leap: a calendar that is booked up costs no more than a free one.
        """
        slot = self._step_from(interval, start)
        end = min(end, interval.end)
        while slot < end:
            busy_until = self.busy.end_of_clash(self.rules.blocked_interval(slot))
            if busy_until is None:
                yield slot
                slot += self.rules.slot_interval
            else:
                slot = self._step_from(interval, busy_until + self.rules.buffer_before)

    def _step_from(self, interval: Interval, instant: datetime) -> datetime:
        """The first step of `interval` at or after `instant`: by whole steps from its start."""
        steps = -((interval.start - instant) // self.rules.slot_interval)
        return interval.start + max(0, steps) * self.rules.slot_interval

    def _is_open(self, slot: datetime) -> bool:
        """Whether the date of `slot` is within the booking window and not full."""
        if slot < self._last_date_start and not self._full_dates:
            return True
        day = local_date(slot, self.schedule.zone)
        return day <= self.last_date and day not in self._full_dates

    @cached_property
    def _last_date_start(self) -> datetime:
        return day_start(self.last_date, self.schedule.zone)

    @cached_property
    def _full_dates(self) -> set[date]:
        if self.rules.daily_cap is None:
            return set()
        booked = Counter(local_date(start, self.schedule.zone) for start in self.busy.starts)
        return {day for day, count in booked.items() if count >= self.rules.daily_cap}


def _holds(stretches: Sequence[Interval], start: datetime, end: datetime) -> bool:
    """Whether the whole of [start, end) lies in one of the sorted, disjoint `stretches`."""
    index = bisect_right(stretches, start, key=lambda stretch: stretch.start) - 1
    return index >= 0 and end <= stretches[index].end


def group_by_date(slots: Iterable[datetime], zone: ZoneInfo) -> dict[date, list[datetime]]:
    """The slots by their date in `zone`, the zone of whoever looks."""
    grouped: dict[date, list[datetime]] = {}
    for slot in slots:
        grouped.setdefault(local_date(slot, zone), []).append(slot)
    return grouped
