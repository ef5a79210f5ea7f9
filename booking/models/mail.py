from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from booking.models.booking import Booking
from booking.models.change import Party
from booking.uids import make_uid
from calendars.models import Occasion, Owner
from calendars.models.delivery import Delivery, DeliveryQuerySet


class MailQuerySet(DeliveryQuerySet["Mail"]):
    def of(self, owner: Owner) -> Self:
        """Return the emails about the owner's bookings.

        The subquery runs once for each email: that is fast for the few emails that wait, however
        many bookings there are.
        """
        return self.filter(Exists(Booking.objects.of(owner).filter(pk=OuterRef("booking"))))

    def of_confirmed_owners(self) -> Self:
        return self.exclude(booking__host__unconfirmed_email=F("booking__host__email"))

    def in_time(self, *, at: datetime) -> Self:
        """Return the emails for which `is_too_late` is false."""
        begun = Q(occasion=Occasion.REMINDER, booking__starts_at__lte=at)
        over = Q(occasion__in=[Occasion.BOOKED, Occasion.RESCHEDULED], booking__ends_at__lte=at)
        return self.exclude(begun | over)


class Mail(Delivery):
    """An email about a booking: a delivery that a worker sends.

    It keeps the times that its text is to name; the text is written when it is sent.
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
    # The id in its Message-ID: the same in every try, so that mail programs show a repeat once.
    uid = models.UUIDField(_("message"), default=make_uid, unique=True, editable=False)

    # The column keeps the name that it had when all deliveries were emails.
    done_at = models.DateTimeField(_("sent at"), null=True, blank=True, db_column="sent_at")

    objects = MailQuerySet.as_manager()

    class Meta(Delivery.Meta):
        verbose_name = _("email")
        verbose_name_plural = _("emails")
        indexes = [
            *Delivery.Meta.indexes,
            models.Index(fields=["booking"], name="mail_failed", condition=~Q(failed_at=None)),
        ]
        constraints = [
            *Delivery.Meta.constraints,
            models.UniqueConstraint(
                fields=["booking", "occasion", "recipient", "sequence", "due_at"], name="mail_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_occasion_display()}, {self.get_recipient_display()}"

    def is_too_late(self, *, at: datetime) -> bool:
        """Return whether the email is of no use any more.

        A reminder is too late once the booking has begun, and other news once it has ended. The
        news that it was cancelled is never too late.
        """
        match self.occasion:
            case Occasion.REMINDER:
                return self.booking.starts_at <= at
            case Occasion.CANCELLED:
                return False
        return self.booking.ends_at <= at
