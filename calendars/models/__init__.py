"""The models of owners and calendars: one module for each family of tables."""

from calendars.models.calendar import (
    MAX_MINUTES,
    MAX_NAME_LENGTH,
    MAX_NOTICE_MINUTES,
    MAX_WINDOW_DAYS,
    Calendar,
    CalendarAddress,
    CalendarQuerySet,
    Colour,
)
from calendars.models.confirmation import Confirmation
from calendars.models.hours import DateOverride, HoursRange, OverrideHours, Weekday, WeeklyHours
from calendars.models.identity import (
    DatabaseIdentity,
    identity_of_database,
    settled_identity_of_database,
)
from calendars.models.notifications import (
    MAX_REMINDER_DAYS,
    MAX_REMINDERS,
    Occasion,
    day_and_hour_before,
    every_change,
    every_occasion,
    validate_reminder,
)
from calendars.models.owner import (
    LANGUAGE_NOT_CHOSEN,
    MAX_FORGET_DAYS,
    TIME_ZONE_NOT_CHOSEN,
    Owner,
    normalise_email,
)
from calendars.models.password_reset import PasswordReset
from calendars.models.questions import (
    MAX_LABEL_LENGTH,
    MAX_QUESTIONS,
    NO_LABEL,
    Question,
    QuestionKind,
)
from calendars.models.sent_form import SentForm
from calendars.models.tally import Tally

__all__ = [
    "LANGUAGE_NOT_CHOSEN",
    "MAX_FORGET_DAYS",
    "MAX_LABEL_LENGTH",
    "MAX_MINUTES",
    "MAX_NAME_LENGTH",
    "MAX_NOTICE_MINUTES",
    "MAX_QUESTIONS",
    "MAX_REMINDERS",
    "MAX_REMINDER_DAYS",
    "MAX_WINDOW_DAYS",
    "NO_LABEL",
    "TIME_ZONE_NOT_CHOSEN",
    "Calendar",
    "CalendarAddress",
    "CalendarQuerySet",
    "Colour",
    "Confirmation",
    "DatabaseIdentity",
    "DateOverride",
    "HoursRange",
    "Occasion",
    "OverrideHours",
    "Owner",
    "PasswordReset",
    "Question",
    "QuestionKind",
    "SentForm",
    "Tally",
    "Weekday",
    "WeeklyHours",
    "day_and_hour_before",
    "every_change",
    "every_occasion",
    "identity_of_database",
    "normalise_email",
    "settled_identity_of_database",
    "validate_reminder",
]
