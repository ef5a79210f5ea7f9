import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calendars.models import Calendar, Owner
from calendars.schedule import Interval
from calendars.validators import validate_plain_text, validate_zone
from onetime_links.models import OneTimeLink
from onetime_links.tokens import MAX_TOKEN_LENGTH, make_token


class BookingQuerySet(models.QuerySet["Booking"]):
    def of(self, owner: Owner) -> Self:
        return self.filter(owner=owner)

    def live(self) -> Self:
        return self.filter(cancelled_at=None)

    def upcoming(self, *, at: datetime) -> Self:
        return self.live().filter(ends_at__gt=at)

    def blocking(self, interval: Interval) -> Self:
        """The live bookings whose blocked interval meets `interval`."""
        return self.live().filter(blocked_until__gt=interval.start, blocked_from__lt=interval.end)


class Booking(models.Model):
    """A client's reservation of a slot; live until it is cancelled, and never deleted.

    Its times and its owner are those of its making: later changes of the calendar do not move
    them. Besides the constraints below, `booking/guards.py` has the database refuse overlapping
    live bookings of one owner.
    """

    owner = models.ForeignKey(
        Owner, on_delete=models.PROTECT, related_name="bookings", verbose_name=_("owner")
    )
    calendar = models.ForeignKey(
        Calendar, on_delete=models.PROTECT, related_name="bookings", verbose_name=_("calendar")
    )
    one_time_link = models.OneToOneField(
        OneTimeLink,
        on_delete=models.PROTECT,
        related_name="booking",
        null=True,
        blank=True,
        verbose_name=_("one-time link"),
    )

    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    blocked_from = models.DateTimeField(_("blocked from"))
    blocked_until = models.DateTimeField(_("blocked until"))

    client_name = models.CharField(_("name"), max_length=100, validators=[validate_plain_text])
    client_email = models.EmailField(_("email"))
    client_time_zone = models.CharField(
        _("client's time zone"), max_length=64, validators=[validate_zone]
    )
    client_language = models.CharField(_("client's language"), max_length=12, default="en")
    answers = models.JSONField(_("answers"), default=list, blank=True)

    uid = models.UUIDField(_("calendar entry"), default=uuid.uuid4, unique=True, editable=False)
    manage_token = models.CharField(
        _("manage token"),
        max_length=MAX_TOKEN_LENGTH,
        unique=True,
        default=make_token,
        editable=False,
    )
    nonce = models.CharField(
        _("nonce"), max_length=MAX_TOKEN_LENGTH, unique=True, default=make_token, editable=False
    )

    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["starts_at", "pk"]
        indexes = [
            # What is busy from now on, and what is upcoming: the past is never read.
            models.Index(
                fields=["owner", "blocked_until"],
                name="booking_busy",
                condition=Q(cancelled_at=None),
            ),
            models.Index(fields=["owner", "starts_at", "id"], name="booking_by_owner"),
            models.Index(fields=["calendar", "ends_at"], name="booking_by_calendar"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="booking_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(blocked_from__lte=F("starts_at"), blocked_until__gte=F("ends_at")),
                name="booking_blocks_itself",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client_name}, {self.starts_at:%Y-%m-%d %H:%M} UTC"

    def get_absolute_url(self) -> str:
        return reverse("booking:manage", args=[self.manage_token])

    @property
    def is_live(self) -> bool:
        return self.cancelled_at is None
