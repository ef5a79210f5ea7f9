"""The worker, which hands over every kind of delivery and runs timed jobs.

This module lists the kinds and the jobs of all apps.
"""

import logging
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from django.db import Error, connection
from django.utils import timezone

from booking.delivery.mail.kind import BookingMails, release_mails
from booking.privacy.forget import forget_clients
from calendars.accounts.confirmation_mail import ConfirmationMails
from calendars.accounts.resets import ResetMails, forget_resets
from calendars.kit.search.renewal import make_missing
from calendars.once import forget_sent_forms
from calendars.outbox.handover import Outcome, deliver_next
from calendars.outbox.kinds import Kind
from calendars.outbox.leases import bring_forward, database_deadline
from calendars.outbox.postman import Postman
from calendars.throttling.throttle import tidy

logger = logging.getLogger(__name__)

POLL = 1.0  # seconds between two looks into the outbox; a look is one query by an index
LONGEST_REST = 30.0


@dataclass(frozen=True)
class Job:
    """A task that every worker runs at intervals, within the deadline of a database query."""

    run: Callable[[], None]
    every: float  # seconds


def all_kinds() -> list[Kind[Any]]:
    """Return new kinds for each worker, because they keep connections."""
    return [BookingMails(Postman()), ConfirmationMails(Postman()), ResetMails(Postman())]


def bring_all_forward() -> None:
    now = timezone.now()
    for kind in all_kinds():
        bring_forward(kind.deliveries(), now=now)


def tidy_resets() -> None:
    forget_resets(now=timezone.now())


# The worker lets the emails go that waited for an owner's confirmation, tidies the counts of the
# throttles, so that no client's request waits for it, forgets the clients of old bookings, the
# forms that were sent long ago and old requests for a password, makes search texts that others have
# left empty, and takes up what a clock that was set back has put off.
ALL_JOBS = [
    Job(release_mails, every=10.0),
    Job(tidy, every=300.0),
    Job(forget_clients, every=900.0),
    Job(forget_sent_forms, every=900.0),
    Job(tidy_resets, every=3600.0),
    Job(make_missing, every=60.0),
    Job(bring_all_forward, every=3600.0),
]


class Line:
    """The deliveries of one kind, which wait in a line of their own.

    If their server is down, the other lines go on. This line rests, because each delivery that is
    tried would only be put off further. It rests longer after each failure, and at least as long as
    the try took: a server that does not answer takes at most half of the worker's time.
    """

    def __init__(self, kind: Kind[Any]) -> None:
        self.kind = kind
        self.rest = 0.0
        self.ready_at = 0.0

    def take_turn(self, *, patience: float) -> Outcome | None:
        """Hand over one delivery and return the outcome; None if none is due."""
        started = time.monotonic()
        outcome = deliver_next(self.kind, patience=patience)
        now = time.monotonic()
        if outcome is Outcome.WAITS_FOR_SERVER:
            self.rest = longer(self.rest)
            self.ready_at = now + max(self.rest, now - started)
        elif outcome is None:
            self.kind.rest()
            self.ready_at = now + POLL
        else:
            self.rest, self.ready_at = 0.0, now
        return outcome


class Worker:
    """A worker does one thing after the other, and goes on if the database or a server fails."""

    def __init__(self, kinds: Sequence[Kind[Any]], jobs: Sequence[Job], *, patience: float) -> None:
        self.lines = [Line(kind) for kind in kinds]
        self.jobs_due_at = dict.fromkeys(jobs, 0.0)
        self.patience = patience
        self.is_stopping = False
        self.rest = 0.0

    def work(self) -> None:
        logger.info("The worker hands over what is in the outbox.")
        while not self.is_stopping:
            try:
                self.take_turns()
                self.do_jobs()
                self.rest = 0.0
                self.sleep_until(min(line.ready_at for line in self.lines))
            except Error as error:
                self.after_database_error(error)
        self.let_go()
        logger.info("The worker has ended.")

    def work_off(self) -> None:
        """Hand over until nothing is due or all waits for a server, do each job, and end."""
        for line in self.lines:
            while not self.is_stopping:
                if line.take_turn(patience=self.patience) in {None, Outcome.WAITS_FOR_SERVER}:
                    break
        self.do_jobs()
        self.let_go()

    def take_turns(self) -> None:
        """Hand over one delivery of each kind that is ready."""
        for line in self.lines:
            if not self.is_stopping and line.ready_at <= time.monotonic():
                line.take_turn(patience=self.patience)

    def do_jobs(self) -> None:
        for job, due_at in self.jobs_due_at.items():
            if not self.is_stopping and due_at <= (now := time.monotonic()):
                self.jobs_due_at[job] = now + job.every
                with database_deadline():
                    job.run()

    def after_database_error(self, error: Error) -> None:
        if not self.rest:
            logger.error("The database does not answer: %s", error)
        connection.close()
        self.rest = longer(self.rest)
        self.sleep_until(time.monotonic() + self.rest)

    def let_go(self) -> None:
        for line in self.lines:
            line.kind.rest()

    def sleep_until(self, end: float) -> None:
        while not self.is_stopping and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, POLL))

    @contextmanager
    def stopped_by_signals(self) -> Iterator[None]:
        """Stop on SIGTERM or Ctrl-C, after what is in hand; stop at once on a second Ctrl-C."""
        before = {each: signal.signal(each, self.stop) for each in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def stop(self, number: int, frame: FrameType | None) -> None:
        self.is_stopping = True
        if number == signal.SIGINT:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def longer(rest: float) -> float:
    """Return the seconds to rest after another failure: twice the last rest, within limits."""
    return min(rest * 2 or POLL, LONGEST_REST)
