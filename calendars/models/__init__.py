"""What is stored of owners and calendars: one module for each family of tables."""

from calendars.models.calendar import (
    MAX_MINUTES,
    MAX_NAME_LENGTH,
    MAX_NOTICE_MINUTES,
    MAX_WINDOW_DAYS,
    Calendar,
    CalendarAddress,
    CalendarQuerySet,
    Colour,
    Occasion,
    day_and_hour_before,
    every_change,
    every_occasion,
)
from calendars.models.hours import DateOverride, HoursRange, OverrideHours, Weekday, WeeklyHours
from calendars.models.owner import LANGUAGE_NOT_CHOSEN, Owner, normalise_email
from calendars.models.tally import Tally

__all__ = [
    "LANGUAGE_NOT_CHOSEN",
    "MAX_MINUTES",
    "MAX_NAME_LENGTH",
    "MAX_NOTICE_MINUTES",
    "MAX_WINDOW_DAYS",
    "Calendar",
    "CalendarAddress",
    "CalendarQuerySet",
    "Colour",
    "DateOverride",
    "HoursRange",
    "Occasion",
    "OverrideHours",
    "Owner",
    "Tally",
    "Weekday",
    "WeeklyHours",
    "day_and_hour_before",
    "every_change",
    "every_occasion",
    "normalise_email",
]
