"""The abstract row of the outbox. Each app has its own kinds of it, in tables of their own."""

from datetime import datetime, timedelta
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

OVERDUE = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=1)  # from one try to the next, of every kind

D = TypeVar("D", bound="Delivery")


class DeliveryQuerySet(models.QuerySet[D]):
    def waiting(self) -> Self:
        return self.filter(done_at=None, failed_at=None, dropped_at=None)

    def due(self, *, at: datetime) -> Self:
        """Return what a worker may take, the one first that has been due for longest."""
        return self.waiting().filter(next_try_at__lte=at).order_by("next_try_at", "pk")

    def overdue(self, *, at: datetime) -> Self:
        """Return what no worker would leave for that long if its server were there.

        Every try in vain puts the next one off, so `next_try_at` alone would never show that a
        server is down. What is tried again by hand has been due for long, and is overdue once
        that is in vain as well.
        """
        since = at - OVERDUE
        stuck = Q(next_try_at__lte=since) | ~Q(error="")
        # Only `next_try_at` bounds the range of the index: else this would read all that is ever
        # to come, such as the reminders of every booking.
        waiting = self.waiting().filter(next_try_at__lte=at + 2 * LONGEST_PAUSE)
        return waiting.filter(stuck, due_at__lte=since)

    def failed(self) -> Self:
        return self.exclude(failed_at=None)

    def in_time(self, *, at: datetime) -> Self:
        """Return those of which `Delivery.is_too_late` does not hold."""
        return self


class Delivery(models.Model):
    """One thing to be told to the outside: written in the transaction of what it tells.

    A worker takes it by moving `next_try_at` to the end of a lease, so what a dead worker had
    taken comes back by itself. It ends once: done, failed or dropped.
    """

    due_at = models.DateTimeField(_("due at"))
    next_try_at = models.DateTimeField(_("next try at"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    lease = models.UUIDField(_("lease"), null=True, blank=True, editable=False)
    error = models.TextField(_("error"), blank=True)
    # Each kind has a word of its own for it, such as "sent at".
    done_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(_("failed at"), null=True, blank=True)
    # It would tell what is not so any more, such as a time that is not the booking's.
    dropped_at = models.DateTimeField(_("dropped at"), null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["due_at", "pk"]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"],
                name="%(class)s_waiting",
                condition=Q(done_at=None, failed_at=None, dropped_at=None),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None, failed_at=None)
                | Q(done_at=None, dropped_at=None)
                | Q(failed_at=None, dropped_at=None),
                name="%(class)s_ends_once",
            ),
        ]

    def is_too_late(self, *, at: datetime) -> bool:
        """Return whether it is of no use any more. A kind for which that may be says when."""
        return False
