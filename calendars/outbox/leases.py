"""Takes deliveries by lease, and writes down what became of them.

Nothing is handed over inside a transaction: a lease is a row that nobody else takes until
`next_try_at`. Whoever dies between the handing over and the writing down leaves a delivery that is
handed over once more.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from calendars.outbox.deadlines import OutOfTime, deadline
from calendars.outbox.delivery import D, DeliveryQuerySet

# Seconds that each question to the database may take: it may accept, and never answer.
DATABASE_PATIENCE = 30


def lease_of(patience: float) -> timedelta:
    """Return a lease that outlasts a hand-over, so that nobody else takes what is in hand.

    The hand-over is broken off `patience` seconds after the lease began. The other half is room
    for hosts whose clocks differ.
    """
    return timedelta(seconds=2 * patience)


def claim_next(deliveries: DeliveryQuerySet[D], *, now: datetime, lease: timedelta) -> D | None:
    """Take the delivery that has been due for longest: for the time of the lease it is ours."""
    due = deliveries.due(at=now)
    # First without a lock: on SQLite the transaction holds up every booking. Not by `exists`, which
    # asks in no order: PostgreSQL would then rather look through all rows than use the index.
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
    """Return the delivery's row, as long as the lease of `delivery` is the one in force."""
    return deliveries.waiting().filter(pk=delivery.pk, lease=delivery.lease)


def write_down(deliveries: DeliveryQuerySet[D], delivery: D, **fields: datetime | str) -> bool:
    """End the lease with what became of the delivery; False if it is not ours any more."""
    ours = held(deliveries, delivery)
    # Unless it is written down that something was done, it is done again.
    return bool(insist(lambda: ours.update(lease=None, **fields), until=delivery.next_try_at))


def try_again(deliveries: DeliveryQuerySet[D], *, now: datetime) -> int:
    """Give those that failed all their tries once more; return how many they were.

    Not those for which it is too late: these would only fail once more.
    """
    failed = deliveries.failed().in_time(at=now)
    return failed.update(failed_at=None, error="", tries=0, next_try_at=now)


def insist(write: Callable[[], int], *, until: datetime) -> int:
    """Write as soon as the database is back, or raise what it said when it is too late."""
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
    """Whoever waits without limit for a server that the network has lost would do nothing more."""
    try:
        with deadline(DATABASE_PATIENCE):
            yield
    except OutOfTime:
        connection.close()
        raise OperationalError("no answer in time") from None
