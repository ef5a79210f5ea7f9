from datetime import datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from booking.uids import make_uid
from calendars.kit.search.fields import SearchText
from calendars.kit.tokens import MAX_TOKEN_LENGTH, make_token
from calendars.kit.validators import (
    validate_language,
    validate_mailable,
    validate_plain_text,
    validate_zone,
)
from calendars.kit.zones import find_zone
from calendars.models import MAX_MINUTES, Calendar, Owner
from calendars.schedule import Interval
from calendars.webaddresses import mailable_name, validate_no_web_address
from onetime_links.models import OneTimeLink

# The longest time that a booking can block: the calendar's duration and its two buffers.
LONGEST_BLOCK = timedelta(minutes=3 * MAX_MINUTES)


class BookingQuerySet(models.QuerySet["Booking"]):
    def of(self, owner: Owner) -> Self:
        """Return the bookings that `owner` may see and change: today those that they host."""
        return self.filter(host=owner)

    def live(self) -> Self:
        return self.filter(cancelled_at=None)

    def upcoming(self, *, at: datetime) -> Self:
        return self.live().filter(ends_at__gt=at)

    def past(self, *, at: datetime) -> Self:
        return self.live().filter(ends_at__lte=at)

    def cancelled(self) -> Self:
        return self.filter(cancelled_at__isnull=False)

    def naming(self, text: str) -> Self:
        """Return the bookings whose client's name or email contains `text`, folded."""
        return self.filter(search_text__mentions=text)

    def blocking(self, interval: Interval) -> Self:
        """Return the live bookings whose blocked interval meets `interval`."""
        # The index is on `blocked_until`: without its upper bound, the last condition, the database
        # would read all bookings to come.
        return self.live().filter(
            blocked_until__gt=interval.start,
            blocked_from__lt=interval.end,
            blocked_until__lt=interval.end + LONGEST_BLOCK,
        )


class Booking(models.Model):
    """A client's reservation of a slot; live until it is cancelled, and never deleted.

    Later changes of the calendar do not affect the booking's times and its host. Besides the
    constraints below, `booking/guards.py` has the database refuse overlapping live bookings of one
    host.
    """

    # These two keys have no index of their own: each index slows every insert, and all indexes in
    # Meta begin with one of the two.
    host = models.ForeignKey(
        Owner,
        on_delete=models.PROTECT,
        related_name="bookings",
        db_column="owner_id",
        db_index=False,
        verbose_name=_("owner"),
    )
    calendar = models.ForeignKey(
        Calendar,
        on_delete=models.PROTECT,
        related_name="bookings",
        db_index=False,
        verbose_name=_("calendar"),
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

    # The name is the only thing that a client writes and that is mailed to their address, which
    # nobody has proven to be theirs.
    client_name = models.CharField(
        _("name"), max_length=100, validators=[validate_plain_text, validate_no_web_address]
    )
    # The email is empty only if the owner entered the booking without one.
    client_email = models.EmailField(
        _("email"),
        blank=True,
        # Django's own validator accepts control characters within quotes, and in the domain
        # characters that turn the direction of text.
        validators=[validate_plain_text, validate_mailable],
    )
    search_text = SearchText("client_name", "client_email")
    client_time_zone = models.CharField(
        _("client's time zone"), max_length=64, validators=[validate_zone]
    )
    client_language = models.CharField(
        _("client's language"), max_length=12, default="en", validators=[validate_language]
    )
    answers = models.JSONField(_("answers"), default=list, blank=True)

    uid = models.UUIDField(_("calendar entry"), default=make_uid, unique=True, editable=False)
    # The token and the nonce are unique by the constraints in Meta: with `unique`, PostgreSQL
    # would keep a second index, for LIKE.
    manage_token = models.CharField(
        _("manage token"), max_length=MAX_TOKEN_LENGTH, default=make_token, editable=False
    )
    nonce = models.CharField(
        _("nonce"), max_length=MAX_TOKEN_LENGTH, default=make_token, editable=False
    )

    # The SEQUENCE of the calendar entry (RFC 5545): moving or cancelling the booking raises it.
    sequence = models.PositiveSmallIntegerField(_("sequence"), default=0, editable=False)
    made_by_owner = models.BooleanField(_("entered by the owner"), default=False, editable=False)

    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    no_show_at = models.DateTimeField(_("no-show noted at"), null=True, blank=True, editable=False)
    # Set when the client was erased: then the personal fields hold nothing of them any more.
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["starts_at", "pk"]
        permissions = [("erase_client", _("Can see and erase what is held of a client"))]
        indexes = [
            # The index for what is busy and what is upcoming, queries that never read the past.
            models.Index(
                fields=["host", "blocked_until"],
                name="booking_busy",
                condition=Q(cancelled_at=None),
            ),
            models.Index(fields=["host", "starts_at", "id"], name="booking_by_owner"),
            # The index for the few cancelled bookings, which every page of the list counts.
            models.Index(
                fields=["host", "starts_at", "id"],
                name="booking_cancelled",
                condition=Q(cancelled_at__isnull=False),
            ),
            models.Index(fields=["calendar", "ends_at"], name="booking_by_calendar"),
            # The index by which the worker finds those few that are not folded.
            models.Index(fields=["id"], name="booking_not_folded", condition=Q(search_text=None)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["manage_token"], name="booking_manage_token"),
            models.UniqueConstraint(fields=["nonce"], name="booking_nonce"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="booking_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(blocked_from__lte=F("starts_at"), blocked_until__gte=F("ends_at")),
                name="booking_blocks_itself",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shown_name}, {self.starts_at:%Y-%m-%d %H:%M} UTC"

    def get_absolute_url(self) -> str:
        return reverse("booking:manage", args=[self.manage_token])

    @property
    def shown_name(self) -> str:
        """Return the client's name, or a word in the reader's language if the client was erased."""
        return pgettext("client", "Erased") if self.erased_at else self.client_name

    @property
    def is_live(self) -> bool:
        return self.cancelled_at is None

    @property
    def is_no_show(self) -> bool:
        return self.no_show_at is not None

    @property
    def answers_in_words(self) -> list[dict[str, str]]:
        """Return each question with its answer in words, which is empty if there is none."""
        # The words are not lazy: the code that joins the lines of an email takes only strings.
        words = {True: gettext("yes"), False: gettext("no")}
        return [
            {**each, "answer": words.get(each["answer"], each["answer"])} for each in self.answers
        ]

    @property
    def mailable_client_name(self) -> str:
        """Return the client's name for emails; empty if it is an old one with an address in it."""
        return mailable_name(self.shown_name)

    @property
    def client_zone(self) -> ZoneInfo:
        """Return the client's zone, or the calendar's if this machine does not know it any more."""
        return find_zone(self.client_time_zone) or self.calendar.zone
