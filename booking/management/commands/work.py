from argparse import ArgumentParser
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from booking.delivery.worker import ALL_JOBS, Worker, all_kinds
from calendars.outbox.handover import PATIENCE


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
            help="do nothing, and fail if something, such as an email, is overdue by ten minutes",
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
        worker = Worker(all_kinds(), ALL_JOBS, patience=options["patience"])
        with worker.stopped_by_signals(), suppress(KeyboardInterrupt):
            worker.work_off() if options["once"] else worker.work()

    def check_outbox(self) -> None:
        now = timezone.now()
        for kind in all_kinds():
            if overdue := kind.deliveries().overdue(at=now).first():
                minutes = (now - overdue.due_at) // timedelta(minutes=1)
                text = f"{kind.one} is overdue by {minutes} minutes. {overdue.error}"
                raise CommandError(text.rstrip())
        self.stdout.write("Nothing is overdue.")
