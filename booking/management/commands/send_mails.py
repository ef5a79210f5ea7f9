import logging
import signal
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection
from django.utils import timezone

from booking.delivery.postman import Postman
from booking.delivery.worker import PATIENCE, Outcome, database_deadline, deliver_next
from booking.models import Mail
from calendars.throttling.throttle import tidy

logger = logging.getLogger(__name__)

POLL = 1.0  # seconds from one look into the outbox to the next: one query by an index
LONGEST_REST = 30.0
TIDYING = 300.0  # seconds between


class Command(BaseCommand):
    help = "Sends the emails of the outbox, until it is stopped. Any number of these may run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--once", action="store_true", help="send what is due, then end")
        mode.add_argument(
            "--check",
            action="store_true",
            help="send nothing, and fail if an email is overdue by ten minutes",
        )
        parser.add_argument(
            "--patience",
            type=float,
            default=PATIENCE,
            help="seconds that one email may take (%(default)s); what a killed worker had in hand"
            " is sent after twice that",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self.check_outbox()
            return
        worker = Worker(patience=options["patience"])
        with worker.stopped_by_signals(), suppress(KeyboardInterrupt):
            worker.work_off() if options["once"] else worker.work()

    def check_outbox(self) -> None:
        now = timezone.now()
        if overdue := Mail.objects.overdue(at=now).first():
            minutes = (now - overdue.due_at) // timedelta(minutes=1)
            text = f"An email is overdue by {minutes} minutes. {overdue.error}"
            raise CommandError(text.rstrip())
        self.stdout.write("No email is overdue.")


class Worker:
    """Sends one email after the other, whatever becomes of database and mail server meanwhile."""

    def __init__(self, *, patience: float) -> None:
        self.patience = patience
        self.postman = Postman()
        self.is_stopping = False
        self.rest = 0.0
        self.tidied_at = -TIDYING

    def work(self) -> None:
        logger.info("The worker sends the emails of the outbox.")
        while not self.is_stopping:
            try:
                self.after(deliver_next(self.postman, patience=self.patience))
                self.tidy_now_and_then()
            except Error as error:
                self.after_database_error(error)
        self.postman.hang_up()
        logger.info("The worker has ended.")

    def work_off(self) -> None:
        """Ends when nothing is due any more, or the mail server is down."""
        ends = {None, Outcome.WAITS_FOR_SERVER}
        while not self.is_stopping:
            if deliver_next(self.postman, patience=self.patience) in ends:
                break
        self.postman.hang_up()

    def after(self, outcome: Outcome | None) -> None:
        if outcome is Outcome.WAITS_FOR_SERVER:
            self.rest_longer()
        elif outcome is None:
            self.postman.hang_up()
            self.sleep(POLL)
        else:
            self.rest = 0.0

    def after_database_error(self, error: Error) -> None:
        if not self.rest:
            logger.error("The database does not answer: %s", error)
        connection.close()
        self.rest_longer()

    def tidy_now_and_then(self) -> None:
        """Of what throttles have counted; a client who waits for an answer is spared that."""
        if (now := time.monotonic()) >= self.tidied_at + TIDYING:
            self.tidied_at = now
            with database_deadline():
                tidy()

    def rest_longer(self) -> None:
        """While a server is down, each email that is tried would only be put off further."""
        self.rest = min(self.rest * 2 or POLL, LONGEST_REST)
        self.sleep(self.rest)

    def sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self.is_stopping and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, POLL))

    @contextmanager
    def stopped_by_signals(self) -> Iterator[None]:
        """SIGTERM and Ctrl-C let it finish the email in hand; Ctrl-C twice does not."""
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
