"""The timed job that forgets clients, for owners who have chosen after how many days."""

import logging
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from booking.models import Booking
from booking.privacy.erase import EmailInHand, erase_bookings, erase_requests
from booking.privacy.held import unerased_requests
from calendars.locks import lock_hosts
from calendars.models import Owner

logger = logging.getLogger(__name__)

# A batch is one transaction, in which no client can book with this owner.
BATCH = 50
# Seconds after which a run begins no other batch: it must end within the deadline of a job, and
# emails wait meanwhile.
LONGEST_RUN = 5.0


def forget_clients() -> None:
    """Erase the clients of old bookings. What is left after LONGEST_RUN waits for the next run."""
    now, ends_at = timezone.now(), time.monotonic() + LONGEST_RUN
    waiting = list(Owner.objects.exclude(forget_after_days=None).order_by("pk"))
    while waiting:
        # In turns, so that the many old bookings of one owner do not keep back another's.
        waiting = [
            owner
            for owner in waiting
            if time.monotonic() < ends_at and forget_batch(owner=owner, now=now) == BATCH
        ]


def forget_batch(*, owner: Owner, now: datetime) -> int:
    """Erase up to BATCH old bookings and as many old requests; return the larger number of both.

    Returns 0 if a worker is sending an email about one of them.
    """
    try:
        with transaction.atomic(durable=True):
            # The owner may have changed their mind.
            [owner] = lock_hosts([owner.pk])
            if owner.forget_after_days is None:
                return 0
            until = now - timedelta(days=owner.forget_after_days)
            bookings = _old_bookings(owner, until)
            requests = list(unerased_requests(owner).filter(created_at__lte=until)[:BATCH])
            erase_bookings(bookings, now=now)
            erase_requests(requests, now=now)
    except EmailInHand:
        return 0
    if bookings or requests:
        counts = (len(bookings), len(requests), owner.pk)
        logger.info(
            "The clients of %d bookings and %d requests of owner %d are forgotten.", *counts
        )
    return max(len(bookings), len(requests))


def _old_bookings(owner: Owner, until: datetime) -> list[Booking]:
    old = Booking.objects.of(owner).filter(erased_at=None, ends_at__lte=until)
    # A bound on `starts_at` changes nothing, but lets the database end at the right place in its
    # index.
    old = old.filter(starts_at__lt=until).order_by("starts_at", "pk")
    rows = old.select_related("calendar", "host").prefetch_related("changes", "mails")
    return list(rows[:BATCH])
