"""The worker: hands over every kind of delivery, and does what is to be done now and then.

All kinds and timed jobs, of all apps, are listed here.
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

from booking.delivery.mail.kind import BookingMails
from calendars.outbox.handover import Outcome, deliver_next
from calendars.outbox.kinds import Kind
from calendars.outbox.leases import database_deadline
from calendars.outbox.postman import Postman
from calendars.throttling.throttle import tidy

logger = logging.getLogger(__name__)

POLL = 1.0  # seconds from one look into the outbox to the next: one query by an index
LONGEST_REST = 30.0


@dataclass(frozen=True)
class Job:
    """Something that every worker does now and then, within a database's deadline."""

    run: Callable[[], None]
    every: float  # seconds


def all_kinds() -> list[Kind[Any]]:
    """Return them anew for each worker: they keep connections."""
    return [BookingMails(Postman())]


# A client who waits for an answer is spared the tidying of what throttles have counted.
ALL_JOBS = [Job(tidy, every=300.0)]


class Line:
    """The deliveries of one kind, which wait for their turn: a server that is down stops only them.

    While it is down, each delivery that is tried would only be put off further. So the line rests,
    longer each time, and at least as long as the try took: a server that does not answer has no
    more than half of the worker's time.
    """

    def __init__(self, kind: Kind[Any]) -> None:
        self.kind = kind
        self.rest = 0.0
        self.ready_at = 0.0

    def take_turn(self, *, patience: float) -> Outcome | None:
        """Hand over one delivery; None if none is due."""
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
    """Does one thing after the other, whatever becomes of database and servers meanwhile."""

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
        """End when nothing is due any more, or all that is due waits for a server; do each job."""
        for line in self.lines:
            while not self.is_stopping:
                if line.take_turn(patience=self.patience) in {None, Outcome.WAITS_FOR_SERVER}:
                    break
        self.do_jobs()
        self.let_go()

    def take_turns(self) -> None:
        """One delivery of each kind that is ready."""
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
        """SIGTERM and Ctrl-C let it finish what is in hand; Ctrl-C twice does not."""
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
    """Return the seconds to rest after another failure, from the last rest; from 0 on."""
    return min(rest * 2 or POLL, LONGEST_REST)
