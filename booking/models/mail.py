from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from booking.models.booking import Booking
from booking.models.change import Party
from booking.uids import make_uid
from calendars.models import Occasion, Owner

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
