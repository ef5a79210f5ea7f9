"""The slots that a calendar offers, by DESIGN's one rule for every zone and day. Pure functions.

Busy time, the present time and the viewer only ever take slots away; they never move one.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import chain, filterfalse, groupby
from zoneinfo import ZoneInfo

from calendars.kit.walltime import day_start, local_date
from calendars.schedule import Interval, Schedule, dates_between, unite

# How much of the schedule is read before and after the wanted slots: a slot of up to 24 hours runs
# over two midnights if a day has 23 hours, and a date may begin up to a day away from UTC's.
MARGIN = timedelta(days=3)
# The smallest difference between two instants.
TICK = timedelta.resolution
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rules:
    """The length of a booking, the limits within which it may lie, and its place.

    `daily_cap` is None if there is no limit. `rules_for` in `booking/times/rules.py` makes them.
    """

    duration: timedelta
    slot_interval: timedelta
    buffer_before: timedelta = timedelta()
    buffer_after: timedelta = timedelta()
    minimum_notice: timedelta = timedelta()
    booking_window_days: int = 60
    daily_cap: int | None = None
    location: str = ""

    @property
    def minutes(self) -> int:
        """Return the duration in minutes, as people read it."""
        return self.duration // timedelta(minutes=1)

    def blocked_interval(self, start: datetime) -> Interval:
        """Return the interval that a booking at `start` makes busy, buffers included."""
        return Interval(start - self.buffer_before, start + self.duration + self.buffer_after)


@dataclass(frozen=True)
class Busy:
    """The time that is not free.

    `intervals` are the busy intervals of the hosts, on all calendars; `starts` are the starts of
    this calendar's own bookings, for the daily cap.
    """

    intervals: Sequence[Interval] = ()
    starts: Sequence[datetime] = ()

    @cached_property
    def _united(self) -> list[Interval]:
        return unite(self.intervals)

    def end_of_clash(self, interval: Interval) -> datetime | None:
        """Return the end of the first busy time that `interval` meets, or None if it meets none."""
        index = bisect_right(self._united, interval.start, key=lambda busy: busy.end)
        if index < len(self._united) and self._united[index].start < interval.end:
            return self._united[index].end
        return None


@dataclass(frozen=True)
class Offer:
    """The facts that decide which slots of a calendar are offered at the instant `now`."""

    rules: Rules
    schedule: Schedule
    busy: Busy
    now: datetime
    # The start of the booking that is to be moved, which is not offered as a new time for it.
    present: datetime | None = None

    @cached_property
    def last_date(self) -> date:
        """Return the last date in the calendar's zone that may be booked."""
        today = local_date(self.now, self.schedule.zone)
        return today + timedelta(days=self.rules.booking_window_days)

    def slots(self, start: datetime, end: datetime) -> list[datetime]:
        """Return the offered slots that start in [start, end), in order."""
        start = max(start, self.now + self.rules.minimum_notice)
        end = min(end, self.window_end)
        if start >= end:
            return []
        first = local_date(start - MARGIN, self.schedule.zone)
        last = local_date(end + MARGIN, self.schedule.zone)
        ranges = [self.schedule.ranges_on(day) for day in dates_between(first, last)]
        # Ranges that touch at midnight are united: a slot may run on into the next date.
        stretches = unite(chain.from_iterable(ranges))
        steps = sorted(
            chain.from_iterable(
                self._free_steps(
                    interval, start, min(end, interval.end, self._first_misfit(stretches, interval))
                )
                for interval in chain.from_iterable(ranges)
                if start < interval.end and interval.start < end
            )
        )
        # Ranges that overlap may share steps.
        slots = (slot for slot, _same in groupby(steps) if slot != self.present)
        return [*filterfalse(self._is_full, slots)] if self._full_dates else [*slots]

    def offers(self, slot: datetime) -> bool:
        """Return whether the slot at the instant `slot` is offered."""
        return slot in self.slots(slot, slot + timedelta(microseconds=1))

    def has_room(self, start: datetime) -> bool:
        """Return whether a booking at `start` would meet nothing busy. Checks no other rule."""
        return self.busy.end_of_clash(self.rules.blocked_interval(start)) is None

    def search(self, start: datetime, count: int) -> list[datetime]:
        """Return the first `count` offered slots from `start` on.

        The search looks at two days, then at four, and so on, because most calendars have a free
        slot soon.
        """
        found: list[datetime] = []
        span = timedelta(days=2)
        while len(found) < count and local_date(start, self.schedule.zone) <= self.last_date:
            found += self.slots(start, start + span)
            start, span = start + span, min(2 * span, timedelta(days=32))
        return found[:count]

    def _first_misfit(self, stretches: Sequence[Interval], interval: Interval) -> datetime:
        """Return the first start too late for a slot to fit into the stretch around `interval`."""
        index = bisect_right(stretches, interval.start, key=lambda stretch: stretch.start) - 1
        return stretches[index].end - self.rules.duration + TICK

    def _free_steps(self, interval: Interval, start: datetime, end: datetime) -> Iterator[datetime]:
        """Yield the steps of one open range that lie in [start, end) and clash with nothing busy.

        Busy time is skipped in one leap, so that a full calendar costs no more than a free one.
        """
        clashing, step = self._clashing_starts, self.rules.slot_interval
        slot = self._step_from(interval, start)
        index = bisect_right(clashing, slot, key=lambda clash: clash.end)
        while slot < end:
            clash = clashing[index] if index < len(clashing) else None
            until = min(end, clash.start) if clash else end
            while slot < until:
                yield slot
                slot += step
            if clash:
                slot = self._step_from(interval, max(slot, clash.end))
                index += 1

    @cached_property
    def _clashing_starts(self) -> list[Interval]:
        """Return the intervals of starts at which a booking would meet something busy."""
        before = self.rules.buffer_before
        after = self.rules.duration + self.rules.buffer_after
        return unite(
            Interval(start - after + TICK, end + before) for start, end in self.busy.intervals
        )

    def _step_from(self, interval: Interval, instant: datetime) -> datetime:
        """Return the first step at or after `instant`, counted from the start of `interval`."""
        steps = -((interval.start - instant) // self.rules.slot_interval)
        return interval.start + max(0, steps) * self.rules.slot_interval

    def _is_full(self, slot: datetime) -> bool:
        return local_date(slot, self.schedule.zone) in self._full_dates

    @cached_property
    def window_end(self) -> datetime:
        """Return the instant at which the last date that may be booked has ended."""
        return day_start(self.last_date + DAY, self.schedule.zone)

    @cached_property
    def _full_dates(self) -> set[date]:
        if self.rules.daily_cap is None:
            return set()
        booked = Counter(local_date(start, self.schedule.zone) for start in self.busy.starts)
        return {day for day, count in booked.items() if count >= self.rules.daily_cap}


def group_by_date(slots: Sequence[datetime], zone: ZoneInfo) -> dict[date, list[datetime]]:
    """Return the slots, which are in order, by their date in `zone`, the viewer's zone."""
    grouped: dict[date, list[datetime]] = {}
    index = 0
    while index < len(slots):
        # One slot of each date is converted, not all: a month may have hundreds.
        day = local_date(slots[index], zone)
        end = bisect_left(slots, day_start(day + DAY, zone), lo=index)
        # A clock that goes back over midnight shows the end of a date after the next has begun.
        end = max(end, index + 1)
        grouped.setdefault(day, []).extend(slots[index:end])
        index = end
    return grouped
