"""The abstract model of the outbox. Each app has its own kinds, in tables of their own."""

from datetime import UTC, datetime, timedelta
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

OVERDUE = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=1)  # between two tries, for every kind
# The `next_try_at` of a delivery that is held back after a restore. No worker takes it, and it does
# not count as overdue. It is not a field, so a backup of any version can be held before it is
# migrated.
HELD = datetime(9999, 1, 1, tzinfo=UTC)

# The `next_try_at` of a delivery that waits until its owner has confirmed their email. Like a HELD
# one, no worker takes it and it is not overdue.
UNCONFIRMED = datetime(9999, 1, 2, tzinfo=UTC)

D = TypeVar("D", bound="Delivery")


class DeliveryQuerySet(models.QuerySet[D]):
    def waiting(self) -> Self:
        return self.filter(done_at=None, failed_at=None, dropped_at=None)

    def due(self, *, at: datetime) -> Self:
        """Return what a worker may take, ordered by how long it has been due."""
        return self.waiting().filter(next_try_at__lte=at).order_by("next_try_at", "pk")

    def overdue(self, *, at: datetime) -> Self:
        """Return what has been due for so long that its server or all workers must be down.

        Every failed try postpones the next one, so `next_try_at` alone would never show that a
        server is down. A delivery that is tried again by hand has been due for long already: it
        is overdue once that try has failed too.
        """
        since = at - OVERDUE
        stuck = Q(next_try_at__lte=since) | ~Q(error="")
        # This bound on `next_try_at` is for the index: without it the query would read everything
        # that waits, such as the reminders of all future bookings.
        waiting = self.waiting().filter(next_try_at__lte=at + 2 * LONGEST_PAUSE)
        return waiting.filter(stuck, due_at__lte=since)

    def held(self) -> Self:
        """Return what was due before a restore, and waits until an operator has it sent."""
        return self.waiting().filter(next_try_at=HELD)

    def unconfirmed(self) -> Self:
        """Return what waits until its owner has confirmed their email."""
        return self.waiting().filter(next_try_at=UNCONFIRMED)

    def put_off_too_long(self, *, at: datetime) -> Self:
        """Return what was tried, or is in hand, and comes back later than any pause or lease ends.

        That is of a time before the clock was set back.
        """
        late = Q(next_try_at__gt=at + 2 * LONGEST_PAUSE, next_try_at__lt=HELD)
        return self.waiting().filter(late, tries__gt=0)

    def failed(self) -> Self:
        return self.exclude(failed_at=None)

    def in_time(self, *, at: datetime) -> Self:
        """Return those for which `Delivery.is_too_late` is false."""
        return self


class Delivery(models.Model):
    """One thing to be told to the outside, written in the same transaction as what it tells.

    A worker takes a delivery by moving its `next_try_at` to the end of a lease, so that it comes
    back by itself if the worker dies. A delivery ends once: done, failed or dropped.
    """

    due_at = models.DateTimeField(_("due at"))
    next_try_at = models.DateTimeField(_("next try at"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    lease = models.UUIDField(_("lease"), null=True, blank=True, editable=False)
    error = models.TextField(_("error"), blank=True)
    # Each kind overrides this field to give it a label of its own, such as "sent at".
    done_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(_("failed at"), null=True, blank=True)
    # Set when it would tell what is no longer true, such as an earlier time of a moved booking.
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

    @property
    def is_held(self) -> bool:
        return self.next_try_at == HELD

    @property
    def is_unconfirmed(self) -> bool:
        return self.next_try_at == UNCONFIRMED

    def is_too_late(self, *, at: datetime) -> bool:
        """Return whether it is of no use any more. Kinds that can be too late override this."""
        return False
