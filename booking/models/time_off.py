from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calendars.kit.search.fields import SearchText
from calendars.kit.validators import validate_instant, validate_plain_text
from calendars.models import Owner
from calendars.schedule import Interval


class TimeOffQuerySet(models.QuerySet["TimeOff"]):
    def of(self, host: Owner) -> Self:
        return self.filter(host=host)

    def blocking(self, interval: Interval) -> Self:
        return self.filter(ends_at__gt=interval.start, starts_at__lt=interval.end)


class TimeOff(models.Model):
    """A span of time in which no calendar offers slots with the host."""

    host = models.ForeignKey(
        Owner,
        on_delete=models.CASCADE,
        related_name="time_off",
        db_column="owner_id",
        verbose_name=_("owner"),
    )
    starts_at = models.DateTimeField(_("From"), validators=[validate_instant])
    ends_at = models.DateTimeField(_("To"), validators=[validate_instant])
    note = models.CharField(_("Note"), max_length=200, blank=True, validators=[validate_plain_text])
    search_text = SearchText("note")
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects = TimeOffQuerySet.as_manager()

    class Meta:
        verbose_name = _("time off")
        verbose_name_plural = _("time off")
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["host", "ends_at"], name="timeoff_by_owner")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="timeoff_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return self.note or f"{self.starts_at:%Y-%m-%d %H:%M} UTC"

    @property
    def told(self) -> str:
        """Return what it says in one text, by which a page tells later what it showed."""
        return f"{self.starts_at.isoformat()} {self.ends_at.isoformat()} {self.note}"
