from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.models.booking import Booking
from calendars.kit.validators import validate_lines


class Party(models.TextChoices):
    CLIENT = "client", _("Client")
    OWNER = "owner", _("Owner")


class Act(models.TextChoices):
    RESCHEDULED = "rescheduled", _("Rescheduled")
    CANCELLED = "cancelled", _("Cancelled")
    NO_SHOW = "no_show", _("Marked as no-show")
    NO_SHOW_UNDONE = "no_show_undone", _("No-show taken back")


MAX_MESSAGE_LENGTH = 500


class Change(models.Model):
    """One line of a booking's history: what happened to it after it was made, and by whom."""

    # The index of the unique constraint below serves this key.
    booking = models.ForeignKey(
        Booking,
        on_delete=models.PROTECT,
        related_name="changes",
        db_index=False,
        verbose_name=_("booking"),
    )
    act = models.CharField(_("act"), max_length=20, choices=Act)
    by = models.CharField(_("by"), max_length=10, choices=Party)
    at = models.DateTimeField(_("at"))
    # The booking's sequence after the change; None for a change that does not raise it.
    sequence = models.PositiveSmallIntegerField(_("sequence"), null=True, blank=True)
    moved_from = models.DateTimeField(_("moved from"), null=True, blank=True)
    moved_to = models.DateTimeField(_("moved to"), null=True, blank=True)
    message = models.TextField(
        _("message"),
        max_length=MAX_MESSAGE_LENGTH,
        blank=True,
        validators=[MaxLengthValidator(MAX_MESSAGE_LENGTH), validate_lines],
    )

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "sequence"], name="change_sequence"),
            models.CheckConstraint(
                condition=Q(act=Act.RESCHEDULED, moved_from__isnull=False, moved_to__isnull=False)
                | ~Q(act=Act.RESCHEDULED) & Q(moved_from=None, moved_to=None),
                name="change_moves_if_rescheduled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()}, {self.at:%Y-%m-%d %H:%M} UTC"
