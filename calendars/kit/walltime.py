"""Converts wall-clock times to instants; the one pure module that knows about clock changes.

A wall time is a naive datetime or date in some zone; an instant is an aware datetime in UTC.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTES_PER_DAY = 24 * 60
# Dates outside of these years are typing errors, and adding days to them may overflow a date.
YEARS = range(2000, 2200)


def first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of `wall`: the earlier of two, or that of the change if there is none."""
    return _instant(wall, zone, fold=0)


def last_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of `wall`: the later of two, or that of the change if there is none."""
    return _instant(wall, zone, fold=1)


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of the local date `day`, which is not 00:00 everywhere."""
    return first_instant(datetime.combine(day, time()), zone)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def occurs_twice(local: datetime) -> bool:
    """Return whether the clocks of its zone show the aware datetime `local` twice."""
    return local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()


def _instant(wall: datetime, zone: ZoneInfo, *, fold: int) -> datetime:
    instant = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    return _change_around(wall, zone)


def _change_around(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which the clock of `zone` jumps over `wall`, to the second.

    In a gap PEP 495 reads `wall` with the offset after the change for fold=1, which falls before
    the change, and with the one before the change for fold=0, which falls at or after it.
    """
    before, after = (
        wall.replace(tzinfo=zone, fold=fold).astimezone(UTC).replace(microsecond=0)
        for fold in (1, 0)
    )
    offset_before = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=1) // 2)
        if middle.astimezone(zone).utcoffset() == offset_before:
            before = middle
        else:
            after = middle
    return after
