"""Wall-clock times and instants: the one place that knows about clock changes. Pure.

A wall time is a naive datetime or date in some zone; an instant is an aware datetime in UTC.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTES_PER_DAY = 24 * 60
# Dates further away are typing errors, and adding days to them may leave what Python can hold.
YEARS = range(2000, 2200)


def first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of `wall`: the earlier one if it occurs twice, that of the change if never."""
    return _instant(wall, zone, fold=0)


def last_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of `wall`: the later one if it occurs twice, that of the change if never."""
    return _instant(wall, zone, fold=1)


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of the local date `day`; it is not always called 00:00."""
    return first_instant(datetime.combine(day, time()), zone)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def occurs_twice(local: datetime) -> bool:
    """Whether the clocks of its zone show `local`, an instant there, a second time."""
    return local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()


def _instant(wall: datetime, zone: ZoneInfo, *, fold: int) -> datetime:
    instant = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    return _change_around(wall, zone)


def _change_around(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the clock of `zone` jumps over `wall`, to the second.

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
