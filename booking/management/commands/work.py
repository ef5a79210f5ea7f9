from argparse import ArgumentParser
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from booking.delivery.worker import ALL_JOBS, Worker, all_kinds
from calendars.outbox.handover import PATIENCE
from calendars.outbox.leases import release_held


class Command(BaseCommand):
    help = (
        "Hands over what is in the outbox, such as emails, and does what is to be done now and"
        " then, until it is stopped. Any number of these may run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--once", action="store_true", help="do what is due, then end")
        mode.add_argument(
            "--check",
            action="store_true",
            help="do nothing, and fail if something, such as an email, is overdue by ten minutes;"
            " say also what is held back",
        )
        mode.add_argument(
            "--send-held",
            action="store_true",
            help="let the workers send what a restore has held back, because it may have been sent"
            " since the backup; then end",
        )
        parser.add_argument(
            "--patience",
            type=float,
            default=PATIENCE,
            help="seconds that one email, or whatever it is, may take (%(default)s); what a killed"
            " worker had in hand follows after twice that",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self.check_outbox()
            return
        if options["send_held"]:
            self.send_held()
            return
        worker = Worker(all_kinds(), ALL_JOBS, patience=options["patience"])
        with worker.stopped_by_signals(), suppress(KeyboardInterrupt):
            worker.work_off() if options["once"] else worker.work()

    def check_outbox(self) -> None:
        now = timezone.now()
        self.say_what_is_held()
        for kind in all_kinds():
            if overdue := kind.deliveries().overdue(at=now).first():
                minutes = (now - overdue.due_at) // timedelta(minutes=1)
                text = f"{kind.one} is overdue by {minutes} minutes. {overdue.error}"
                raise CommandError(text.rstrip())
        self.stdout.write("Nothing is overdue.")

    def say_what_is_held(self) -> None:
        # Not a fault: an operator may want to send none of it.
        if count := sum(kind.deliveries().held().count() for kind in all_kinds()):
            self.stdout.write(
                f"Held back since a restore: {count}. “manage.py work --send-held” has the workers"
                " send them."
            )

    def send_held(self) -> None:
        now = timezone.now()
        count = sum(release_held(kind.deliveries(), now=now) for kind in all_kinds())
        if count:
            self.stdout.write(f"Held back until now: {count}. The workers send them.")
        else:
            self.stdout.write("Nothing is held back.")
