from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from calendars.kit.walltime import MINUTES_PER_DAY
from calendars.models.calendar import Calendar


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class HoursRange(models.Model):
    """A range of wall-clock time, in minutes since 00:00; 1440 is 24:00."""

    start_minute = models.PositiveSmallIntegerField(
        _("from"), validators=[MaxValueValidator(MINUTES_PER_DAY - 1)]
    )
    end_minute = models.PositiveSmallIntegerField(
        _("to"), validators=[MinValueValidator(1), MaxValueValidator(MINUTES_PER_DAY)]
    )

    class Meta:
        abstract = True
        ordering = ["start_minute"]
        constraints = [
            models.CheckConstraint(
                condition=Q(start_minute__lt=F("end_minute"), end_minute__lte=MINUTES_PER_DAY),
                name="%(class)s_range",
            )
        ]

    def __str__(self) -> str:
        start, end = (
            f"{minute // 60:02}:{minute % 60:02}" for minute in (self.start_minute, self.end_minute)
        )
        return f"{start}–{end}"


class WeeklyHours(HoursRange):
    calendar = models.ForeignKey(
        Calendar, on_delete=models.CASCADE, related_name="weekly_hours", verbose_name=_("calendar")
    )
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)

    class Meta(HoursRange.Meta):
        verbose_name = _("weekly hours")
        verbose_name_plural = _("weekly hours")
        ordering = ["weekday", "start_minute"]
        constraints = [
            *HoursRange.Meta.constraints,
            models.CheckConstraint(condition=Q(weekday__lte=6), name="weeklyhours_weekday"),
        ]


class DateOverride(models.Model):
    """Hours that replace the weekly ones on one date; without hours the date is a day off."""

    calendar = models.ForeignKey(
        Calendar,
        on_delete=models.CASCADE,
        related_name="date_overrides",
        verbose_name=_("calendar"),
    )
    date = models.DateField(_("date"))

    class Meta:
        verbose_name = _("date override")
        verbose_name_plural = _("date overrides")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "date"], name="one_override_a_date")
        ]

    def __str__(self) -> str:
        return self.date.isoformat()

    @property
    def told(self) -> str:
        """Return its hours in one text, by which a page tells later what it showed."""
        return " ".join(map(str, self.hours.all()))


class OverrideHours(HoursRange):
    override = models.ForeignKey(
        DateOverride, on_delete=models.CASCADE, related_name="hours", verbose_name=_("override")
    )

    class Meta(HoursRange.Meta):
        verbose_name = _("override hours")
        verbose_name_plural = _("override hours")
