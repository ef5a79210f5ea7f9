"""A week or a month of an owner's bookings and time off, by dates of one zone. Pure."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from booking.times.sources import Item
from calendars.kit.datetext import days_into_week, time_text
from calendars.kit.languages import current_customs
from calendars.kit.walltime import day_start, local_date
from calendars.schedule import Interval

DAY = timedelta(days=1)
WEEK = 7 * DAY
WORKING_HOURS = (9, 17)


@dataclass(frozen=True)
class Placed:
    """An item on one of the dates that it touches. `hour` is None if it fills the whole date."""

    item: Item
    hour: int | None
    times: str


@dataclass(frozen=True)
class PlannerDay:
    date: date
    placed: Sequence[Placed]

    @property
    def whole(self) -> list[Placed]:
        return [placed for placed in self.placed if placed.hour is None]

    @property
    def hours(self) -> dict[int, list[Placed]]:
        """Return the items by the hour in which they begin; hours without items are left out."""
        hours: dict[int, list[Placed]] = {}
        for placed in self.placed:
            if placed.hour is not None:
                hours.setdefault(placed.hour, []).append(placed)
        return hours


def week_of(day: date) -> list[date]:
    """Return the dates of the week of `day`. The reader's language decides its first weekday."""
    start = day - days_into_week(day) * DAY
    return [start + n * DAY for n in range(7)]


def month_of(day: date) -> list[date]:
    first = day.replace(day=1)
    return [first + n * DAY for n in range(monthrange(day.year, day.month)[1])]


def interval_of(dates: Sequence[date], zone: ZoneInfo) -> Interval:
    return Interval(day_start(dates[0], zone), day_start(dates[-1] + DAY, zone))


def place(items: Sequence[Item], dates: Sequence[date], zone: ZoneInfo) -> list[PlannerDay]:
    """Return a day for each of `dates`, with the items that touch it in order of time."""
    ordered = sorted(items, key=lambda item: (item.start, item.end))
    days = []
    for day in dates:
        whole = Interval(day_start(day, zone), day_start(day + DAY, zone))
        placed = [
            _place(item, whole, zone)
            for item in ordered
            if item.start < whole.end and item.end > whole.start
        ]
        days.append(PlannerDay(day, placed))
    return days


def hours_shown(days: Sequence[PlannerDay]) -> range:
    """Return the hours from the earliest to the latest item, and at least the working hours."""
    taken = [hour for day in days for hour in day.hours]
    return range(min([WORKING_HOURS[0], *taken]), max([WORKING_HOURS[1], *taken]) + 1)


def _place(item: Item, day: Interval, zone: ZoneInfo) -> Placed:
    """Return the item cut to the date `day`: one that began before that begins with the date."""
    if item.start <= day.start and item.end >= day.end:
        return Placed(item, None, "")
    start, end = max(item.start, day.start), min(item.end, day.end)
    is_to_midnight = end == day.end and local_date(end, zone) != local_date(start, zone)
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = "24:00" if is_to_midnight and current_customs().clock == "24" else time_text(last)
    return Placed(item, first.hour, f"{time_text(first)}–{until}")
