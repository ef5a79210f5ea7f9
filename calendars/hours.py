"""Reads stored hours: those of a calendar in one query, and ranges with their ids."""

from datetime import date
from typing import Any

from django.db.models import BigIntegerField, DateField, PositiveSmallIntegerField, QuerySet, Value

from calendars.kit.prepared import Prepared, parameter
from calendars.models import Calendar, DateOverride, OverrideHours, WeeklyHours
from calendars.schedule import Hours, Schedule

NO_DATE = Value(None, DateField())
NO_WEEKDAY = Value(None, PositiveSmallIntegerField())


def _hours() -> "QuerySet[Any, Any]":
    calendar = parameter("calendar", BigIntegerField())
    dates = (parameter("first", DateField()), parameter("last", DateField()))
    of_dates = DateOverride.objects.filter(calendar=calendar, date__range=dates).order_by()
    of_weekdays = WeeklyHours.objects.filter(calendar=calendar).order_by()
    return of_dates.values_list(
        "date", NO_WEEKDAY, "hours__start_minute", "hours__end_minute"
    ).union(of_weekdays.values_list(NO_DATE, "weekday", "start_minute", "end_minute"), all=True)


HOURS = Prepared(_hours)


def load_schedule(calendar: Calendar, *, first: date, last: date) -> Schedule:
    """Return the schedule of `calendar`, with its overrides from `first` to `last` inclusive."""
    weekly: dict[int, list[Hours]] = {}
    overrides: dict[date, list[Hours]] = {}
    rows = HOURS.rows(calendar=calendar.pk, first=first, last=last)
    for day, weekday, start, end in rows:
        hours = overrides.setdefault(day, []) if day else weekly.setdefault(weekday, [])
        if start is not None:
            hours.append(Hours(start, end))
    return Schedule(calendar.zone, weekly, overrides)


def weekly_ranges(calendar: Calendar) -> dict[int, dict[int, Hours]]:
    """Return the hours of each weekday (Monday is 0) by the ids of their rows."""
    ranges: dict[int, dict[int, Hours]] = {}
    rows = WeeklyHours.objects.filter(calendar=calendar)
    for pk, weekday, start, end in rows.values_list("pk", "weekday", "start_minute", "end_minute"):
        ranges.setdefault(weekday, {})[pk] = Hours(start, end)
    return ranges


def override_ranges(override: DateOverride) -> dict[int, Hours]:
    """Return the hours of a date by the ids of their rows."""
    rows = OverrideHours.objects.filter(override=override)
    values = rows.values_list("pk", "start_minute", "end_minute")
    return {pk: Hours(start, end) for pk, start, end in values}
