"""Hands deliveries over, one by one, and records the outcome of each.

The outbox is a queue already, and a task library would be a second one beside it. django-q2 does
recover the tasks of a dead worker on both databases, but it uses one number for the lease and for
the pause between tries, so it cannot back off.
"""

import enum
import logging
import time
from datetime import timedelta
from typing import Any

from django.utils import timezone

from calendars.errors import TooOften
from calendars.models.delivery import UNCONFIRMED, D
from calendars.outbox.kinds import Kind, Trouble, Undeliverable
from calendars.outbox.leases import claim_next, database_deadline, held, lease_of, write_down

logger = logging.getLogger(__name__)

# Seconds that one delivery may take, from the start of its lease to the server's last reply. RFC
# 5321 (4.5.3.2.6) would wait ten minutes for the last reply to an email, but the lease is twice
# this number, and what a dead worker had taken waits for its end. So a server that accepts a
# message but replies later than this gets it once more.
PATIENCE = 150


class Outcome(enum.Enum):
    DONE = "done"
    DROPPED = "dropped, for it is not so any more"
    FAILED = "failed for good"
    WAITS = "will be tried again"
    # The server is at fault, so the next delivery would fail too.
    WAITS_FOR_SERVER = "will be tried again, once the server is back"
    SETTLED = "was settled elsewhere meanwhile"
    POSTPONED = "waits, for its recipient got too many of late"
    UNCONFIRMED = "waits until its owner has confirmed their email"


WENT_WELL = {Outcome.DONE, Outcome.DROPPED, Outcome.POSTPONED, Outcome.UNCONFIRMED}


def deliver_next(kind: Kind[D], *, patience: float = PATIENCE) -> Outcome | None:
    """Take the next due delivery and hand it over; return None if none is due.

    May raise DatabaseError.
    """
    kind.get_ready()
    started = time.monotonic()
    with database_deadline():
        lease = lease_of(patience)
        delivery = claim_next(kind.deliveries(), now=timezone.now(), lease=lease)
    if delivery is None:
        return None
    outcome = deliver(kind, delivery, until=started + patience)
    text = f"{outcome.value}. {delivery.error}".rstrip()
    level = logging.INFO if outcome in WENT_WELL else logging.WARNING
    logger.log(level, "%s, try %d: %s", kind.describe(delivery), delivery.tries, text)
    return outcome


def deliver(kind: Kind[D], delivery: D, *, until: float) -> Outcome:
    """Hand over a leased delivery before `until` (monotonic clock), and record the outcome.

    The facts are read here, because they may have changed since the delivery was written.
    """
    now = timezone.now()
    with database_deadline():
        facts = read_facts(kind, delivery)
        is_untrue = facts is not None and kind.is_untrue(facts, now=now)
    if facts is None:
        return Outcome.SETTLED
    if is_untrue:
        return _settle(kind, delivery, Outcome.DROPPED, dropped_at=now)
    if kind.is_unconfirmed(facts):
        return _settle(kind, delivery, Outcome.UNCONFIRMED, next_try_at=UNCONFIRMED, tries=0)
    if facts.is_too_late(at=now):
        return _give_up(kind, delivery, str(kind.too_late))
    if delivery.tries > kind.tries.most:
        # Only a delivery whose workers died gets here: after any other failure of the last try,
        # `_note_error` has given up.
        return _give_up(kind, delivery, str(kind.deadly))
    return _try(kind, delivery, facts, until=until)


def _try(kind: Kind[D], delivery: D, facts: D, *, until: float) -> Outcome:
    try:
        if delivery.tries == 1:
            with database_deadline():
                kind.count(facts)
        kind.hand_over(facts, until=until)
    except TooOften as error:
        # It waits as if it had not been tried, so that it is counted when it comes back.
        again_at = timezone.now() + timedelta(seconds=error.seconds)
        return _settle(kind, delivery, Outcome.POSTPONED, next_try_at=again_at, tries=0)
    except Undeliverable as error:
        return _give_up(kind, delivery, str(error))
    except Exception as error:
        return _note_error(kind, delivery, error)
    return _settle(kind, delivery, Outcome.DONE, done_at=timezone.now(), error="")


def read_facts(kind: Kind[D], delivery: D) -> D | None:
    """Return the delivery with all that it tells of, or None if the lease is no longer ours."""
    return held(kind.facts(), delivery).first()


def _note_error(kind: Kind[D], delivery: D, error: Exception) -> Outcome:
    if not isinstance(error, OSError):
        logger.error("%s cannot be handed over.", kind.describe(delivery), exc_info=error)
    trouble, words = kind.trouble_of(error), kind.in_words(error)
    is_final = trouble is Trouble.FINAL or _is_told_long_enough(kind, delivery, trouble, words)
    if is_final or delivery.tries >= kind.tries.most:
        return _give_up(kind, delivery, words)
    outcome = Outcome.WAITS_FOR_SERVER if trouble is Trouble.SERVER else Outcome.WAITS
    next_try_at = timezone.now() + kind.tries.pause_after(delivery.tries)
    return _settle(kind, delivery, outcome, next_try_at=next_try_at, error=words)


def _is_told_long_enough(kind: Kind[D], delivery: D, trouble: Trouble, words: str) -> bool:
    """Return whether the same doubtful reply has come for so long that it must be final.

    It is not if the try before failed for another reason: somebody may be repairing the server.
    """
    if trouble is not Trouble.DOUBTFUL or delivery.error != words:
        return False
    return delivery.tries >= kind.tries.most_doubtful


def _give_up(kind: Kind[D], delivery: D, words: str) -> Outcome:
    return _settle(kind, delivery, Outcome.FAILED, failed_at=timezone.now(), error=words)


def _settle(kind: Kind[D], delivery: D, outcome: Outcome, **fields: Any) -> Outcome:
    """Record the outcome and end the lease, or return SETTLED if the lease is no longer ours."""
    if not write_down(kind.deliveries(), delivery, **fields):
        return Outcome.SETTLED
    delivery.error = str(fields.get("error", ""))
    return outcome
