from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Self
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking.uids import make_uid
from calendars.models import MAX_MINUTES, Calendar, Occasion, Owner
from calendars.schedule import Interval
from calendars.validators import validate_plain_text, validate_zone
from calendars.zones import find_zone
from onetime_links.models import OneTimeLink
from onetime_links.tokens import MAX_TOKEN_LENGTH, make_token

# What a booking blocks at most: the calendar's duration and its two buffers.
LONGEST_BLOCK = timedelta(minutes=3 * MAX_MINUTES)


class BookingQuerySet(models.QuerySet["Booking"]):
    def of(self, owner: Owner) -> Self:
        return self.filter(owner=owner)

    def live(self) -> Self:
        return self.filter(cancelled_at=None)

    def upcoming(self, *, at: datetime) -> Self:
        return self.live().filter(ends_at__gt=at)

    def past(self, *, at: datetime) -> Self:
        return self.live().filter(ends_at__lte=at)

    def cancelled(self) -> Self:
        return self.filter(cancelled_at__isnull=False)

    def naming(self, text: str) -> Self:
        """Those whose client's name or email contains `text`, in any case.

        SQLite knows the cases of ASCII letters only: it is asked for the usual spellings too.
        """
        spellings = {text} if text.isascii() else {text, text.lower(), text.upper(), text.title()}
        names = (Q(client_name__icontains=spelling) for spelling in sorted(spellings))
        return self.filter(reduce(or_, names, Q(client_email__icontains=text)))

    def blocking(self, interval: Interval) -> Self:
        """The live bookings whose blocked interval meets `interval`."""
        # The index has their ends. Without the last condition all that is ever to come is read.
        return self.live().filter(
            blocked_until__gt=interval.start,
            blocked_from__lt=interval.end,
            blocked_until__lt=interval.end + LONGEST_BLOCK,
        )


class Booking(models.Model):
    """A client's reservation of a slot; live until it is cancelled, and never deleted.

    Its times and its owner are those of its making: later changes of the calendar do not move
    them. Besides the constraints below, `booking/guards.py` has the database refuse overlapping
    live bookings of one owner.
    """

    # Every index is written with every booking: those below begin with these two, and serve them.
    owner = models.ForeignKey(
        Owner,
        on_delete=models.PROTECT,
        related_name="bookings",
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

    client_name = models.CharField(_("name"), max_length=100, validators=[validate_plain_text])
    # Only a booking that the owner entered may lack it.
    client_email = models.EmailField(_("email"), blank=True)
    client_time_zone = models.CharField(
        _("client's time zone"), max_length=64, validators=[validate_zone]
    )
    client_language = models.CharField(_("client's language"), max_length=12, default="en")
    answers = models.JSONField(_("answers"), default=list, blank=True)

    uid = models.UUIDField(_("calendar entry"), default=make_uid, unique=True, editable=False)
    # Unique by constraints: `unique` would have PostgreSQL keep a second index, for LIKE.
    manage_token = models.CharField(
        _("manage token"), max_length=MAX_TOKEN_LENGTH, default=make_token, editable=False
    )
    nonce = models.CharField(
        _("nonce"), max_length=MAX_TOKEN_LENGTH, default=make_token, editable=False
    )

    # RFC 5545's SEQUENCE of the calendar entry: one more with every change of the time.
    sequence = models.PositiveSmallIntegerField(_("sequence"), default=0, editable=False)
    made_by_owner = models.BooleanField(_("entered by the owner"), default=False, editable=False)

    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    no_show_at = models.DateTimeField(_("no-show noted at"), null=True, blank=True, editable=False)

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
            # The few among very many: their count stands on every page of the list.
            models.Index(
                fields=["owner", "starts_at", "id"],
                name="booking_cancelled",
                condition=Q(cancelled_at__isnull=False),
            ),
            models.Index(fields=["calendar", "ends_at"], name="booking_by_calendar"),
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
        return f"{self.client_name}, {self.starts_at:%Y-%m-%d %H:%M} UTC"

    def get_absolute_url(self) -> str:
        return reverse("booking:manage", args=[self.manage_token])

    @property
    def is_live(self) -> bool:
        return self.cancelled_at is None

    @property
    def is_no_show(self) -> bool:
        return self.no_show_at is not None

    @property
    def answers_in_words(self) -> list[dict[str, str]]:
        """Each question with its answer; empty where there is none."""
        words = {True: _("yes"), False: _("no")}
        return [
            {**each, "answer": words.get(each["answer"], each["answer"])} for each in self.answers
        ]

    @property
    def client_zone(self) -> ZoneInfo:
        """The calendar's, where this machine does not know the client's any more."""
        return find_zone(self.client_time_zone) or self.calendar.zone


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

    # Served by the index of the unique constraint below, as an email's is.
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
    # The booking's sequence since then; empty where its time did not change.
    sequence = models.PositiveSmallIntegerField(_("sequence"), null=True, blank=True)
    moved_from = models.DateTimeField(_("moved from"), null=True, blank=True)
    moved_to = models.DateTimeField(_("moved to"), null=True, blank=True)
    message = models.TextField(_("message"), max_length=MAX_MESSAGE_LENGTH, blank=True)

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


OVERDUE = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=1)  # from one try to the next


class MailQuerySet(models.QuerySet["Mail"]):
    def of(self, owner: Owner) -> Self:
        """Asked email by email: for few, as those that wait, among an owner's many bookings."""
        return self.filter(Exists(Booking.objects.of(owner).filter(pk=OuterRef("booking"))))

    def waiting(self) -> Self:
        return self.filter(sent_at=None, failed_at=None, dropped_at=None)

    def due(self, *, at: datetime) -> Self:
        """What a worker may take, the one first that has been due for longest."""
        return self.waiting().filter(next_try_at__lte=at).order_by("next_try_at", "pk")

    def overdue(self, *, at: datetime) -> Self:
        """No worker runs, or the mail server is down: none would leave a due email that long.

        Every try in vain puts the next one off, so that alone would never show. An email that is
        sent again has been due for long, and is overdue once that is in vain as well.
        """
        since = at - OVERDUE
        stuck = Q(next_try_at__lte=since) | ~Q(error="")
        # Only by the next try has the index an end: else this would read every reminder to come.
        waiting = self.waiting().filter(next_try_at__lte=at + 2 * LONGEST_PAUSE)
        return waiting.filter(stuck, due_at__lte=since)

    def failed(self) -> Self:
        return self.exclude(failed_at=None)

    def in_time(self, *, at: datetime) -> Self:
        """Those of which `is_too_late` does not hold, in SQL."""
        begun = Q(occasion=Occasion.REMINDER, booking__starts_at__lte=at)
        over = Q(occasion__in=[Occasion.BOOKED, Occasion.RESCHEDULED], booking__ends_at__lte=at)
        return self.exclude(begun | over)


class Mail(models.Model):
    """An email of the outbox: written together with what it tells of, sent by a worker.

    It holds the times as they were to be told; the words are made when it is sent. A worker takes
    it by moving `next_try_at` to the end of a lease, so what a dead worker had taken comes back.
    """

    booking = models.ForeignKey(
        Booking,
        on_delete=models.PROTECT,
        related_name="mails",
        db_index=False,
        verbose_name=_("booking"),
    )
    occasion = models.CharField(_("occasion"), max_length=20, choices=Occasion)
    recipient = models.CharField(_("recipient"), max_length=10, choices=Party)
    sequence = models.PositiveSmallIntegerField(_("sequence"))
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    due_at = models.DateTimeField(_("due at"))
    # Of its Message-ID: the same in every try, so that mail programs show a repeat once.
    uid = models.UUIDField(_("message"), default=make_uid, unique=True, editable=False)

    next_try_at = models.DateTimeField(_("next try at"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    lease = models.UUIDField(_("lease"), null=True, blank=True, editable=False)
    error = models.TextField(_("error"), blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    failed_at = models.DateTimeField(_("failed at"), null=True, blank=True)
    # It would tell what is not so any more: of a time that is not the booking's.
    dropped_at = models.DateTimeField(_("dropped at"), null=True, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = _("email")
        verbose_name_plural = _("emails")
        ordering = ["due_at", "pk"]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"],
                name="mail_waiting",
                condition=Q(sent_at=None, failed_at=None, dropped_at=None),
            ),
            models.Index(fields=["booking"], name="mail_failed", condition=~Q(failed_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "occasion", "recipient", "sequence", "due_at"], name="mail_once"
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None, failed_at=None)
                | Q(sent_at=None, dropped_at=None)
                | Q(failed_at=None, dropped_at=None),
                name="mail_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_occasion_display()}, {self.get_recipient_display()}"

    def is_too_late(self, *, at: datetime) -> bool:
        """Whether it is of no use any more: a reminder of what has begun, or news of what is over.

        That something was cancelled is worth knowing even then.
        """
        match self.occasion:
            case Occasion.REMINDER:
                return self.booking.starts_at <= at
            case Occasion.CANCELLED:
                return False
        return self.booking.ends_at <= at


class TimeOffQuerySet(models.QuerySet["TimeOff"]):
    def of(self, owner: Owner) -> Self:
        return self.filter(owner=owner)

    def blocking(self, interval: Interval) -> Self:
        return self.filter(ends_at__gt=interval.start, starts_at__lt=interval.end)


class TimeOff(models.Model):
    """Time in which none of an owner's calendars takes a booking."""

    owner = models.ForeignKey(
        Owner, on_delete=models.CASCADE, related_name="time_off", verbose_name=_("owner")
    )
    starts_at = models.DateTimeField(_("From"))
    ends_at = models.DateTimeField(_("To"))
    note = models.CharField(_("Note"), max_length=200, blank=True, validators=[validate_plain_text])
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects = TimeOffQuerySet.as_manager()

    class Meta:
        verbose_name = _("time off")
        verbose_name_plural = _("time off")
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["owner", "ends_at"], name="timeoff_by_owner")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="timeoff_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return self.note or f"{self.starts_at:%Y-%m-%d %H:%M} UTC"
