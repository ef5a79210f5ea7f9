"""Takes deliveries by lease, and records their outcome.

Nothing is handed over inside a transaction. Instead, a row with a lease is not taken by other
workers until its `next_try_at`. If a worker dies after it has handed a delivery over and before it
has recorded that, the delivery is handed over once more.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from calendars.models.delivery import D, DeliveryQuerySet
from calendars.outbox.deadlines import OutOfTime, deadline

# Seconds that each step with the database may take: a server may accept a connection and never
# answer.
DATABASE_PATIENCE = 30


def lease_of(patience: float) -> timedelta:
    """Return the length of a lease that outlasts a hand-over of `patience` seconds.

    The hand-over is broken off `patience` seconds after the lease began. The second half of the
    lease allows for hosts whose clocks differ.
    """
    return timedelta(seconds=2 * patience)


def claim_next(deliveries: DeliveryQuerySet[D], *, now: datetime, lease: timedelta) -> D | None:
    """Lease the delivery that has been due for longest, and return it, or None if none is due."""
    due = deliveries.due(at=now)
    # The first query takes no lock, because on SQLite a transaction holds up every booking.
    # `exists` would drop the order, and PostgreSQL would then read all rows instead of the index.
    if due.first() is None:
        return None
    with transaction.atomic(durable=True):
        delivery = due.select_for_update(skip_locked=True).first()
        if delivery:
            delivery.next_try_at, delivery.lease = now + lease, uuid.uuid4()
            delivery.tries += 1
            delivery.save(update_fields=["next_try_at", "lease", "tries"])
    return delivery


def held(deliveries: DeliveryQuerySet[D], delivery: D) -> DeliveryQuerySet[D]:
    """Return a queryset of the delivery's row, empty if its lease is no longer the one in force."""
    return deliveries.waiting().filter(pk=delivery.pk, lease=delivery.lease)


def write_down(deliveries: DeliveryQuerySet[D], delivery: D, **fields: Any) -> bool:
    """Set `fields` and end the lease; return False if the lease is no longer ours."""
    ours = held(deliveries, delivery)
    # The write is repeated while the lease lasts: a hand-over that is not recorded is done again.
    return bool(insist(lambda: ours.update(lease=None, **fields), until=delivery.next_try_at))


def try_again(deliveries: DeliveryQuerySet[D], *, now: datetime) -> int:
    """Give failed deliveries all their tries once more, and return how many there were.

    Those for which it is too late are left out: they would only fail again.
    """
    failed = deliveries.failed().in_time(at=now)
    return failed.update(failed_at=None, error="", tries=0, next_try_at=now)


def bring_forward(deliveries: DeliveryQuerySet[D], *, now: datetime) -> int:
    """Let workers take what would wait until a clock that was set back gets there again."""
    return deliveries.put_off_too_long(at=now).update(next_try_at=now)


def release_held(deliveries: DeliveryQuerySet[D], *, now: datetime) -> int:
    """Let workers take what was held back after a restore, and return how many there were."""
    return deliveries.held().update(error="", tries=0, next_try_at=now)


def release_confirmed(deliveries: DeliveryQuerySet[D], *, now: datetime) -> int:
    """Let workers take what waited for its owner's confirmation, and return how many there were.

    `deliveries` are those of owners who have confirmed their email.
    """
    waiting = deliveries.unconfirmed()
    # Mostly there are none, and on SQLite even an update of nothing holds up every booking.
    return waiting.update(next_try_at=now) if waiting.exists() else 0


def insist(write: Callable[[], int], *, until: datetime) -> int:
    """Repeat `write` until the database answers; after `until`, raise its error."""
    while True:
        try:
            with database_deadline():
                return write()
        except (OperationalError, InterfaceError):
            if timezone.now() > until:
                raise
            connection.close()
            time.sleep(0.5)


@contextmanager
def database_deadline() -> Iterator[None]:
    """Raise OperationalError in the block after DATABASE_PATIENCE.

    Without a limit, a worker would wait endlessly for a server that the network has lost.
    """
    try:
        with deadline(DATABASE_PATIENCE):
            yield
    except OutOfTime:
        connection.close()
        raise OperationalError("no answer in time") from None
