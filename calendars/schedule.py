"""A calendar's hours as intervals of time. Pure functions: no ORM, no clock."""

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
    """The time from `start` up to but not including `end`. Both are instants in UTC."""

    start: datetime
    end: datetime


class Hours(NamedTuple):
    """A range of wall-clock time on one date, in minutes since 00:00; `end` may be 24:00."""

    start: int
    end: int


# The most ranges of a day, in the form and in what is stored.
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
    """Check the ranges of one date. They may overlap, and there may be none."""
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
        """Return the hours of a date. An override replaces the weekly ones, also an empty one."""
        override = self.overrides.get(day)
        return self.weekly.get(day.weekday(), ()) if override is None else override

    def ranges_on(self, day: date) -> Sequence[Interval]:
        """Return the open ranges of the local date `day`: sorted, united, without empty ones."""
        return _ranges(day, tuple(self.hours_on(day)), self.zone)


@lru_cache(maxsize=8192)
def _ranges(day: date, hours: tuple[Hours, ...], zone: ZoneInfo) -> tuple[Interval, ...]:
    """Do the work of `ranges_on`. A cache is safe: zone data does not change while we run."""
    return tuple(
        unite(
            Interval(_start_instant(day, each.start, zone), _end_instant(day, each.end, zone))
            for each in hours
        )
    )


def unite(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the intervals in order, overlapping and touching ones united, without empty ones."""
    united: list[Interval] = []
    for interval in sorted(interval for interval in intervals if interval.start < interval.end):
        if united and interval.start <= united[-1].end:
            united[-1] = Interval(united[-1].start, max(united[-1].end, interval.end))
        else:
            united.append(interval)
    return united


def dates_between(first: date, last: date) -> Iterator[date]:
    """Yield every date from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def _wall(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60))


def _start_instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    return first_instant(_wall(day, minute), zone)


def _end_instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    if minute == MINUTES_PER_DAY:
        # Where the midnight after the day occurs twice, this takes the first one. With the last
        # one, both dates would offer the hour between them.
        return day_start(day + timedelta(days=1), zone)
    return last_instant(_wall(day, minute), zone)
