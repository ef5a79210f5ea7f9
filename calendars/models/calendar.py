from datetime import timedelta
from typing import Self
from zoneinfo import ZoneInfo

from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinValueValidator,
    RegexValidator,
)
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from calendars.kit.search.fields import SearchText
from calendars.kit.validators import (
    validate_address,
    validate_lines,
    validate_plain_text,
    validate_zone,
)
from calendars.models.notifications import (
    day_and_hour_before,
    every_change,
    every_occasion,
    validate_occasions,
    validate_reminders,
)
from calendars.models.owner import Owner
from calendars.models.questions import validate_questions


class Colour(models.TextChoices):
    """Each colour has four tokens in `static/tokens.css`, whose contrast is tested."""

    GREEN = "green", _("Green")
    TEAL = "teal", _("Teal")
    BLUE = "blue", _("Blue")
    VIOLET = "violet", _("Violet")
    PINK = "pink", _("Pink")
    RED = "red", _("Red")
    AMBER = "amber", _("Amber")
    GREY = "grey", _("Grey")


class CalendarQuerySet(models.QuerySet["Calendar"]):
    def existing(self) -> Self:
        return self.filter(deleted_at=None)

    def of(self, owner: Owner) -> Self:
        return self.existing().filter(owner=owner)


MAX_MINUTES = 24 * 60
MAX_NAME_LENGTH = 100
MAX_NOTICE_MINUTES = 90 * 24 * 60
MAX_WINDOW_DAYS = 730
MAX_DAILY_CAP = 500
MAX_RESCHEDULES = 50


class Calendar(models.Model):
    """What clients book. Its owner is fixed at creation."""

    owner = models.ForeignKey(
        Owner, on_delete=models.PROTECT, related_name="calendars", verbose_name=_("owner")
    )

    name = models.CharField(_("Name"), max_length=MAX_NAME_LENGTH, validators=[validate_plain_text])
    search_text = SearchText("name")
    slug = models.CharField(
        _("Address"),
        max_length=60,
        unique=True,
        validators=[
            RegexValidator(
                r"^[a-z0-9]+(-[a-z0-9]+)*\Z",
                _("Use lower-case letters, digits and single hyphens between them."),
            ),
            validate_address,
        ],
    )
    description = models.TextField(
        _("Description"),
        max_length=2000,
        blank=True,
        # The database limits the length of a CharField only, not of a TextField.
        validators=[MaxLengthValidator(2000), validate_lines],
    )
    location = models.CharField(
        _("Location"),
        max_length=300,
        blank=True,
        help_text=_("A place, a phone number or a video link. Clients see it."),
        validators=[validate_plain_text],
    )
    colour = models.CharField(_("Colour"), max_length=10, choices=Colour, default=Colour.GREEN)

    time_zone = models.CharField(_("Time zone"), max_length=64, validators=[validate_zone])

    duration_minutes = models.PositiveSmallIntegerField(
        _("Duration"), default=30, validators=[MinValueValidator(5), MaxValueValidator(MAX_MINUTES)]
    )
    slot_interval_minutes = models.PositiveSmallIntegerField(
        _("Slot interval"),
        null=True,
        blank=True,
        help_text=_("Minutes from one start to the next. Empty: the duration."),
        validators=[MinValueValidator(5), MaxValueValidator(MAX_MINUTES)],
    )
    buffer_before_minutes = models.PositiveSmallIntegerField(
        _("Buffer before"), default=0, validators=[MaxValueValidator(MAX_MINUTES)]
    )
    buffer_after_minutes = models.PositiveSmallIntegerField(
        _("Buffer after"), default=0, validators=[MaxValueValidator(MAX_MINUTES)]
    )
    minimum_notice_minutes = models.PositiveIntegerField(
        _("Minimum notice"), default=240, validators=[MaxValueValidator(MAX_NOTICE_MINUTES)]
    )
    booking_window_days = models.PositiveSmallIntegerField(
        _("How far ahead"), default=60, validators=[MaxValueValidator(MAX_WINDOW_DAYS)]
    )
    daily_cap = models.PositiveSmallIntegerField(
        _("Most a day"),
        null=True,
        blank=True,
        help_text=_("Bookings on one date. Empty: no limit."),
        validators=[MinValueValidator(1), MaxValueValidator(MAX_DAILY_CAP)],
    )

    client_may_reschedule = models.BooleanField(_("Clients may reschedule"), default=True)
    client_may_cancel = models.BooleanField(_("Clients may cancel"), default=True)
    change_notice_minutes = models.PositiveIntegerField(
        _("Notice for changes"),
        default=0,
        help_text=_("How long before the start a client may still reschedule or cancel."),
        validators=[MaxValueValidator(MAX_NOTICE_MINUTES)],
    )
    max_reschedules = models.PositiveSmallIntegerField(
        _("Reschedules"),
        null=True,
        blank=True,
        default=3,
        help_text=_("How often a client may reschedule one booking. Empty: no limit."),
        validators=[MinValueValidator(1), MaxValueValidator(MAX_RESCHEDULES)],
    )

    client_mails = models.JSONField(
        _("emails to the client"),
        default=every_occasion,
        blank=True,
        help_text=_("A list of booked, rescheduled, cancelled and reminder."),
        validators=[validate_occasions],
    )
    owner_mails = models.JSONField(
        _("emails to you"), default=every_change, blank=True, validators=[validate_occasions]
    )
    reminder_minutes = models.JSONField(
        _("reminders"),
        default=day_and_hour_before,
        blank=True,
        help_text=_("A list of minutes before the start."),
        validators=[validate_reminders],
    )
    personal_line = models.TextField(
        _("Personal line"),
        max_length=500,
        blank=True,
        help_text=_("Stands in every email to a client."),
        validators=[MaxLengthValidator(500), validate_lines],
    )

    questions = models.JSONField(
        _("questions"),
        default=list,
        blank=True,
        help_text=_("A list of label, kind and required, as the booking form asks them."),
        validators=[validate_questions],
    )

    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)

    objects = CalendarQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["owner", "name", "id"], name="calendar_by_owner")]
        constraints = [
            models.CheckConstraint(
                condition=Q(duration_minutes__gte=5, duration_minutes__lte=MAX_MINUTES),
                name="calendar_duration",
            ),
            models.CheckConstraint(
                condition=Q(slot_interval_minutes=None)
                | Q(slot_interval_minutes__gte=5, slot_interval_minutes__lte=MAX_MINUTES),
                name="calendar_slot_interval",
            ),
            models.CheckConstraint(
                condition=Q(
                    buffer_before_minutes__lte=MAX_MINUTES, buffer_after_minutes__lte=MAX_MINUTES
                ),
                name="calendar_buffers",
            ),
            models.CheckConstraint(
                condition=Q(booking_window_days__lte=MAX_WINDOW_DAYS), name="calendar_window"
            ),
            models.CheckConstraint(
                condition=Q(daily_cap=None) | Q(daily_cap__gte=1), name="calendar_daily_cap"
            ),
            models.CheckConstraint(
                condition=Q(max_reschedules=None) | Q(max_reschedules__gte=1),
                name="calendar_max_reschedules",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("calendars:meeting_details", args=[self.slug])

    @property
    def host_ids(self) -> list[int]:
        """Return the ids of the owners whose time its bookings take: today its owner alone."""
        return [self.owner_id]

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def duration(self) -> timedelta:
        return timedelta(minutes=self.duration_minutes)

    @property
    def slot_interval(self) -> timedelta:
        return timedelta(minutes=self.slot_interval_minutes or self.duration_minutes)


class CalendarAddress(models.Model):
    """An address that a calendar has or had. It is never given to another calendar."""

    slug = models.CharField(_("Address"), max_length=60, primary_key=True)
    calendar = models.ForeignKey(
        Calendar, on_delete=models.PROTECT, related_name="addresses", verbose_name=_("calendar")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")

    def __str__(self) -> str:
        return self.slug
