"""Which emails a calendar sends, and when it sends reminders."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from calendars.kit.validators import NO_CHOICE, validate_count

MAX_REMINDERS = 5
MIN_REMINDER_MINUTES = 5
MAX_REMINDER_DAYS = 30


class Occasion(models.TextChoices):
    """The occasion of an email about a booking."""

    BOOKED = "booked", _("Booked")
    RESCHEDULED = "rescheduled", _("Rescheduled")
    CANCELLED = "cancelled", _("Cancelled")
    REMINDER = "reminder", _("Reminder")


def every_occasion() -> list[str]:
    return list(Occasion.values)


def every_change() -> list[str]:
    return [value for value in Occasion.values if value != Occasion.REMINDER]


def day_and_hour_before() -> list[int]:
    return [24 * 60, 60]


def validate_occasions(occasions: Sequence[str]) -> None:
    for occasion in occasions:
        if occasion not in Occasion.values or occasions.count(occasion) > 1:
            raise ValidationError(NO_CHOICE, code="invalid_choice", params={"value": occasion})


def validate_reminder(minutes: int) -> None:
    """Check a reminder, given in minutes before the start of a booking."""
    if not MIN_REMINDER_MINUTES <= minutes <= MAX_REMINDER_DAYS * 24 * 60:
        raise ValidationError(
            _("Between %(minutes)s minutes and %(days)s days."),
            params={"minutes": MIN_REMINDER_MINUTES, "days": MAX_REMINDER_DAYS},
        )


def validate_reminders(reminders: Sequence[int]) -> None:
    validate_count(reminders, most=MAX_REMINDERS)
    for minutes in reminders:
        validate_reminder(minutes)
        if reminders.count(minutes) > 1:
            raise ValidationError(_("This reminder is there already."))
