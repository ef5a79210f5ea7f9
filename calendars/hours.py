"""A calendar's stored hours, read and replaced as a whole."""

from datetime import date

from calendars.models import Calendar
from calendars.schedule import Hours, Schedule


def load_schedule(calendar: Calendar, *, first: date, last: date) -> Schedule:
    """The schedule of `calendar`, with its overrides from `first` to `last`, in two queries."""
    weekly: dict[int, list[Hours]] = {}
    for weekday, start, end in calendar.weekly_hours.values_list(
        "weekday", "start_minute", "end_minute"
    ):
        weekly.setdefault(weekday, []).append(Hours(start, end))
    overrides: dict[date, list[Hours]] = {}
    rows = calendar.date_overrides.filter(date__range=(first, last))
    for day, start, end in rows.values_list("date", "hours__start_minute", "hours__end_minute"):
        hours = overrides.setdefault(day, [])
        if start is not None:
            hours.append(Hours(start, end))
    return Schedule(calendar.zone, weekly, overrides)
