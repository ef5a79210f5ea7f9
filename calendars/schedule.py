"""A calendar's hours as intervals of time. Pure: no ORM, no clock."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from calendars.kit.validators import validate_count
from calendars.kit.walltime import MINUTES_PER_DAY, day_start, first_instant, last_instant


class Interval(NamedTuple):
    """Half-open: `start` belongs to it, `end` does not. Both are instants in UTC."""

    start: datetime
    end: datetime


class Hours(NamedTuple):
    """A range of wall-clock time on one date, in minutes since 00:00; `end` may be 24:00."""

    start: int
    end: int


# As many as a day's form has rows for.
MAX_RANGES = 12


def validate_range(hours: Hours) -> None:
    if not 0 <= hours.start < hours.end <= MINUTES_PER_DAY:
        raise ValidationError(
            _(
                "The end must come after the start. To go past midnight, end at 24:00 and start"
                " the next day at 00:00."
            )
        )


def validate_hours(hours: Sequence[Hours]) -> None:
    """`hours` are the ranges of one date; none is a day off, and they may overlap."""
    validate_count(hours, most=MAX_RANGES)
    for each in hours:
        validate_range(each)


@dataclass(frozen=True)
class Schedule:
    """Weekly hours by weekday (Monday is 0) and overrides by date, in the calendar's zone."""

    zone: ZoneInfo
    weekly: Mapping[int, Sequence[Hours]]
    overrides: Mapping[date, Sequence[Hours]] = field(default_factory=dict)

    def hours_on(self, day: date) -> Sequence[Hours]:
        """An override takes the whole date, also when it is empty: a day off."""
        override = self.overrides.get(day)
        return self.weekly.get(day.weekday(), ()) if override is None else override

    def ranges_on(self, day: date) -> Sequence[Interval]:
        """The open ranges of the local date `day`: sorted, united, without empty ones."""
        return _ranges(day, tuple(self.hours_on(day)), self.zone)


@lru_cache(maxsize=8192)
def _ranges(day: date, hours: tuple[Hours, ...], zone: ZoneInfo) -> tuple[Interval, ...]:
    """As `ranges_on`. Kept, for what a wall time means on a date never changes while we run."""
    return tuple(
        unite(
            Interval(_start_instant(day, each.start, zone), _end_instant(day, each.end, zone))
            for each in hours
        )
    )


def unite(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time, with overlapping and touching intervals made one and empty ones dropped."""
    united: list[Interval] = []
    for interval in sorted(interval for interval in intervals if interval.start < interval.end):
        if united and interval.start <= united[-1].end:
            united[-1] = Interval(united[-1].start, max(united[-1].end, interval.end))
        else:
            united.append(interval)
    return united


def dates_between(first: date, last: date) -> Iterator[date]:
    """Every date from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def _wall(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60))


def _start_instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    return first_instant(_wall(day, minute), zone)


def _end_instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    if minute == MINUTES_PER_DAY:
        # The *first* instant of the next date, also where its midnight occurs twice: with the last
        # one, two dates would offer the same hour.
        return day_start(day + timedelta(days=1), zone)
    return last_instant(_wall(day, minute), zone)
