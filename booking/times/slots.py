"""Which slots a calendar offers: DESIGN's one rule for every zone and day. Pure.

What is busy, the present time and who looks only ever take slots away: they never move one.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import chain
from zoneinfo import ZoneInfo

from calendars.kit.walltime import day_start, local_date
from calendars.schedule import Interval, Schedule, dates_between, unite

# A slot of up to a day may run over two midnights where a day has 23 hours, and a date's first
# instant may lie a day from where UTC has it.
MARGIN = timedelta(days=3)
# The least there is between two instants.
TICK = timedelta.resolution


@dataclass(frozen=True)
class Rules:
    """How long a booking is, within which limits it may lie, and where it takes place.

    `daily_cap` None is no limit. `rules_for` in `booking/times/rules.py` says which rules hold.
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
        """The duration as people read it."""
        return self.duration // timedelta(minutes=1)

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

    @cached_property
    def _united(self) -> list[Interval]:
        return unite(self.intervals)

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
        stretches = unite(chain.from_iterable(ranges))
        slots = {
            slot
            for interval in chain.from_iterable(ranges)
            if start < interval.end and interval.start < end
            for slot in self._free_steps(
                interval, start, min(end, interval.end, self._first_misfit(stretches, interval))
            )
        }
        return sorted(self._open(slots - {self.present}))

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

    def _first_misfit(self, stretches: Sequence[Interval], interval: Interval) -> datetime:
        """The first start that is too late: the stretch that holds `interval` ends too soon."""
        index = bisect_right(stretches, interval.start, key=lambda stretch: stretch.start) - 1
        return stretches[index].end - self.rules.duration + TICK

    def _free_steps(self, interval: Interval, start: datetime, end: datetime) -> Iterator[datetime]:
        """The steps of one open range that lie in [start, end) and clash with nothing busy.

        Goes over busy time in one leap: a calendar that is booked up costs no more than a free one.
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
        """The starts of which the blocked interval would meet something busy."""
        before = self.rules.buffer_before
        after = self.rules.duration + self.rules.buffer_after
        return unite(
            Interval(start - after + TICK, end + before) for start, end in self.busy.intervals
        )

    def _step_from(self, interval: Interval, instant: datetime) -> datetime:
        """The first step of `interval` at or after `instant`: by whole steps from its start."""
        steps = -((interval.start - instant) // self.rules.slot_interval)
        return interval.start + max(0, steps) * self.rules.slot_interval

    def _open(self, slots: Iterable[datetime]) -> Iterator[datetime]:
        """Those whose date is within the booking window and not full."""
        for slot in slots:
            if slot < self._last_date_start and not self._full_dates:
                yield slot
                continue
            day = local_date(slot, self.schedule.zone)
            if day <= self.last_date and day not in self._full_dates:
                yield slot

    @cached_property
    def _last_date_start(self) -> datetime:
        return day_start(self.last_date, self.schedule.zone)

    @cached_property
    def _full_dates(self) -> set[date]:
        if self.rules.daily_cap is None:
            return set()
        booked = Counter(local_date(start, self.schedule.zone) for start in self.busy.starts)
        return {day for day, count in booked.items() if count >= self.rules.daily_cap}


def group_by_date(slots: Iterable[datetime], zone: ZoneInfo) -> dict[date, list[datetime]]:
    """The slots by their date in `zone`, the zone of whoever looks."""
    grouped: dict[date, list[datetime]] = {}
    for slot in slots:
        grouped.setdefault(slot.astimezone(zone).date(), []).append(slot)
    return grouped
