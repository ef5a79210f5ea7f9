"""Sends the emails of the outbox: each is taken by lease, sent, and written down as sent.

The outbox is the queue already, so this is a command of our own. A task library would be a second
queue beside it: django-q2 does take back a dead worker's task on both databases, but one number is
both its lease and its pause between tries, so it cannot back off.

Nothing is sent inside a transaction. Whoever dies between the sending and the writing down leaves
an email that goes out once more, with the same Message-ID; and so does a server whose answer is
lost, or comes too late.
"""

import enum
import logging
import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.acts.announce import wants_client_mail, wants_owner_mail
from booking.delivery.mail.compose import compose
from booking.delivery.postman import (
    OutOfTime,
    Postman,
    deadline,
    in_words,
    is_doubtful,
    is_final,
    is_the_servers,
)
from booking.models import LONGEST_PAUSE, Mail, MailQuerySet, Party
from calendars.models import Occasion

logger = logging.getLogger(__name__)

# Seconds that one email may take, from the taking of its lease to the server's last word. RFC 5321
# (4.5.3.2.6) would wait ten minutes for that word, and what a dead worker had in hand follows after
# twice as long. So a server that takes the message, but says so later than this, gets it once more.
PATIENCE = 150
# And each question to the database: it may accept, and never answer.
DATABASE_PATIENCE = 30
# Pauses of 1, 2, 4 … 60, 60 minutes between them make a day.
MAX_TRIES = 30
# And so many, an hour.
DOUBTFUL_TRIES = 7
FIRST_PAUSE = timedelta(minutes=1)


class Outcome(enum.Enum):
    SENT = "sent"
    DROPPED = "dropped, for it is not so any more"
    FAILED = "failed for good"
    WAITS = "will be tried again"
    # It was not this email's fault, and the next one would fare no better.
    WAITS_FOR_SERVER = "will be tried again, once the mail server is back"
    SETTLED = "was settled elsewhere meanwhile"


def lease_of(patience: float) -> timedelta:
    """Longer than a sending can last, so that nobody else takes an email that is being sent.

    The sending is broken off `patience` seconds after the lease began (`deadline` in postman.py).
    The other half is room for hosts whose clocks differ.
    """
    return timedelta(seconds=2 * patience)


def deliver_next(postman: Postman, *, patience: float = PATIENCE) -> Outcome | None:
    """Takes the email that is due and sends it; None if there is none. May raise DatabaseError."""
    postman.get_ready()
    started = time.monotonic()
    with database_deadline():
        mail = claim_next(now=timezone.now(), lease=lease_of(patience))
    if mail is None:
        return None
    outcome = deliver(mail, postman, until=started + patience)
    text = f"{outcome.value}. {mail.error}".rstrip()
    went_well = outcome in {Outcome.SENT, Outcome.DROPPED}
    logger.log(
        logging.INFO if went_well else logging.WARNING,
        "Email %d (%s, to the %s of booking %d), try %d: %s",
        *(mail.pk, mail.occasion, mail.recipient, mail.booking_id, mail.tries, text),
    )
    return outcome


def claim_next(*, now: datetime, lease: timedelta) -> Mail | None:
    """The email that has been due for longest: for the time of the lease nobody else gets it."""
    due = Mail.objects.due(at=now)
    # First without a lock: on SQLite the transaction holds up every booking. Not by `exists`, which
    # asks in no order: PostgreSQL would then rather look through all emails than use the index.
    if due.first() is None:
        return None
    with transaction.atomic(durable=True):
        mail = due.select_for_update(skip_locked=True).first()
        if mail:
            mail.next_try_at, mail.lease, mail.tries = now + lease, uuid.uuid4(), mail.tries + 1
            mail.save(update_fields=["next_try_at", "lease", "tries"])
    return mail


def deliver(mail: Mail, postman: Postman, *, until: float) -> Outcome:
    """Sends an email that is ours, by the monotonic clock's `until`, and writes down what became.

    The facts are read now: since the email was due, they may have changed.
    """
    now = timezone.now()
    with database_deadline():
        facts = read_facts(mail)
        is_untrue = facts is not None and is_void(facts, now=now)
    if facts is None:
        return Outcome.SETTLED
    if is_untrue:
        return write_down(mail, Outcome.DROPPED, dropped_at=now)
    if facts.is_too_late(at=now):
        return give_up(mail, _("It was too late to send it."))
    if mail.tries > MAX_TRIES:
        # Only where workers died of it: what fails otherwise ends with its last try.
        return give_up(mail, _("The worker ended each time it sent this email."))
    try:
        with database_deadline():
            message = compose(brought_up_to_date(facts))
        if not message.to:
            return give_up(mail, _("No email can be sent to this address."))
        postman.send(message, seconds=until - time.monotonic())
    except Exception as error:
        return note_error(mail, error)
    return write_down(mail, Outcome.SENT, sent_at=timezone.now(), error="")


def read_facts(mail: Mail) -> Mail | None:
    """The email and all that it tells of, as long as the lease is ours."""
    facts = Mail.objects.select_related("booking__calendar__owner", "booking__one_time_link")
    return facts.waiting().filter(pk=mail.pk, lease=mail.lease).first()


def is_void(mail: Mail, *, now: datetime) -> bool:
    """Whether the email would tell what is not so any more."""
    if mail.recipient == Party.CLIENT and not mail.booking.client_email:
        return True
    if mail.occasion == Occasion.REMINDER:
        return not is_worth_reminding(mail, now=now)
    return is_overtaken(mail)


def is_worth_reminding(mail: Mail, *, now: datetime) -> bool:
    """Not of two reminders at once, after a worker's outage: only the later one is."""
    booking = mail.booking
    wants = wants_client_mail if mail.recipient == Party.CLIENT else wants_owner_mail
    later = booking.mails.filter(
        occasion=Occasion.REMINDER, recipient=mail.recipient, sequence=mail.sequence
    )
    return (
        booking.is_live
        and booking.sequence == mail.sequence
        and wants(booking.calendar, Occasion.REMINDER)
        and not later.filter(due_at__gt=mail.due_at, due_at__lte=now, failed_at=None).exists()
    )


def is_overtaken(mail: Mail) -> bool:
    """Whether the same person has heard of a later change already, or will not hear of the end.

    To tell them now that they are booked for nine would take back that it is ten. And if the
    calendar's owner wants no emails for cancellations, nothing would set it right afterwards.
    """
    if mail.sequence == mail.booking.sequence:
        return False
    if later_mails(mail).exclude(sent_at=None).exists():
        return True
    return not mail.booking.is_live and not is_set_right(mail)


def is_set_right(mail: Mail) -> bool:
    """Whether another email waits that will tell the same person of what changed since."""
    return later_mails(mail).waiting().exclude(occasion=Occasion.REMINDER).exists()


def later_mails(mail: Mail) -> MailQuerySet:
    return Mail.objects.filter(
        booking=mail.booking, recipient=mail.recipient, sequence__gt=mail.sequence
    )


def brought_up_to_date(mail: Mail) -> Mail:
    """With the booking's present time, if no other email will tell of it.

    Else somebody who shall hear of bookings, but not of moves, would not hear of this one at all.
    """
    booking = mail.booking
    if mail.sequence < booking.sequence and booking.is_live and not is_set_right(mail):
        mail.starts_at, mail.ends_at = booking.starts_at, booking.ends_at
        mail.sequence = booking.sequence
    return mail


def note_error(mail: Mail, error: Exception) -> Outcome:
    if not isinstance(error, OSError):
        logger.error("Email %d cannot be written.", mail.pk, exc_info=error)
    if is_final(error) or is_told_long_enough(mail, error) or mail.tries >= MAX_TRIES:
        return give_up(mail, in_words(error))
    outcome = Outcome.WAITS_FOR_SERVER if is_the_servers(error) else Outcome.WAITS
    next_try_at = timezone.now() + pause_after(mail.tries)
    return write_down(mail, outcome, next_try_at=next_try_at, error=in_words(error))


def is_told_long_enough(mail: Mail, error: Exception) -> bool:
    """Whether a refusal that may be final has been the answer for so long that it must be.

    Not if the tries before were in vain for another reason: somebody may be mending things.
    """
    return is_doubtful(error) and mail.tries >= DOUBTFUL_TRIES and mail.error == in_words(error)


def give_up(mail: Mail, words: str) -> Outcome:
    return write_down(mail, Outcome.FAILED, failed_at=timezone.now(), error=words)


def pause_after(tries: int) -> timedelta:
    """With some chance in it: what failed together should not come back together."""
    pause = min(FIRST_PAUSE * (1 << tries - 1), LONGEST_PAUSE)
    return pause * random.uniform(0.9, 1.1)  # noqa: S311


def write_down(mail: Mail, outcome: Outcome, **fields: datetime | str) -> Outcome:
    """Ends the lease with what became of the email, if it is still ours."""
    ours = Mail.objects.waiting().filter(pk=mail.pk, lease=mail.lease)
    # Unless it is written down that an email was sent, it goes out again.
    if not insist(lambda: ours.update(lease=None, **fields), until=mail.next_try_at):
        return Outcome.SETTLED
    mail.error = str(fields.get("error", ""))
    return outcome


def insist(write: Callable[[], int], *, until: datetime) -> int:
    """Does it as soon as the database is back, or raises what it said when it is too late."""
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
    """Who waits without limit for a server that the network has lost would send nothing more."""
    try:
        with deadline(DATABASE_PATIENCE):
            yield
    except OutOfTime:
        connection.close()
        raise OperationalError("no answer in time") from None


def send_again(mails: MailQuerySet, *, now: datetime) -> int:
    """Gives those that failed another day of tries, as the same message; how many they were.

    Not those for which it is too late: these would only fail once more.
    """
    return mails.failed().in_time(at=now).update(failed_at=None, error="", tries=0, next_try_at=now)
