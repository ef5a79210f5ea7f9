"""A calendar's stored hours, read and replaced as a whole."""

from datetime import date

from django.db.models import DateField, PositiveSmallIntegerField, Value

from calendars.models import Calendar
from calendars.schedule import Hours, Schedule

NO_DATE = Value(None, DateField())
NO_WEEKDAY = Value(None, PositiveSmallIntegerField())


def load_schedule(calendar: Calendar, *, first: date, last: date) -> Schedule:
    """The schedule of `calendar`, with its overrides from `first` to `last`, in one query."""
    weekly: dict[int, list[Hours]] = {}
    overrides: dict[date, list[Hours]] = {}
    of_dates = calendar.date_overrides.filter(date__range=(first, last)).order_by()
    rows = of_dates.values_list(
        "date", NO_WEEKDAY, "hours__start_minute", "hours__end_minute"
    ).union(
        calendar.weekly_hours.order_by().values_list(
            NO_DATE, "weekday", "start_minute", "end_minute"
        ),
        all=True,
    )
    for day, weekday, start, end in rows:
        hours = overrides.setdefault(day, []) if day else weekly.setdefault(weekday, [])
        if start is not None:
            hours.append(Hours(start, end))
    return Schedule(calendar.zone, weekly, overrides)
