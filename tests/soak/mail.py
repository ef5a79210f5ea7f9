"""A thousand emails, while the workers that send them are killed again and again."""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

from django.utils import timezone

from booking.models import Mail
from tests.soak.stage import CaseRow, Stage
from tests.support.servers.smtp import Postbox, smtp_server
from tests.support.servers.workers import WORK, Worker
from tests.support.world.factories import BookingFactory, MailFactory

WORKERS = 3
PATIENCE = 10  # seconds; a dead worker's email is tried again after twenty
EMAILS_A_KILL = 20
LONGEST = 1800  # seconds


def play(stage: Stage) -> Iterator[CaseRow]:
    number = 60 if stage.quick else 1000
    make_mails(number)
    chance = random.Random("mail")
    with smtp_server() as postbox, ExitStack() as stack:
        killed = keep_killing(stage, stack, postbox, chance, number)
        yield CaseRow(
            "emails while workers are killed",
            requests=len(postbox.received),
            kills=killed,
            violations=list(wrongs(postbox, killed)),
            note=f"{number:,} emails, {repeats_in(postbox)} repeats with the same Message-ID",
        )


def make_mails(number: int) -> None:
    booking = BookingFactory.create(starts_at=timezone.now() + timedelta(days=30))
    now = timezone.now()
    Mail.objects.bulk_create(
        MailFactory.build(booking=booking, due_at=now - timedelta(seconds=n + 1))
        for n in range(number)
    )


def keep_killing(
    stage: Stage, stack: ExitStack, postbox: Postbox, chance: random.Random, emails: int
) -> int:
    """Kill workers, each replaced at once, until all emails are sent; return the number killed."""
    log = stage.folder / "workers.log"
    program = (*WORK, "--patience", str(PATIENCE))

    def start() -> Worker:
        worker = Worker(stage.installation, log, *program, EMAIL_URL=postbox.url)
        stack.callback(worker.kill)
        return worker

    workers = [start() for _ in range(WORKERS)]
    killed, until = 0, time.monotonic() + LONGEST
    while Mail.objects.waiting().exists() and time.monotonic() < until:
        time.sleep(chance.uniform(0.01, 0.1))
        if (killed + 1) * EMAILS_A_KILL < min(len(postbox.received), emails):
            place = chance.randrange(WORKERS)
            workers[place].kill()
            workers[place] = start()
            killed += 1
    return killed


def wrongs(postbox: Postbox, kills: int) -> Iterator[str]:
    uids = {str(uid) for uid in Mail.objects.values_list("uid", flat=True)}
    unsent = Mail.objects.filter(done_at=None).count()
    if unsent:
        yield f"{unsent} emails are not written down as sent"
    if lost := uids - set(postbox.copies):
        yield f"{len(lost)} emails never came in"
    if foreign := set(postbox.copies) - uids:
        yield f"{len(foreign)} emails came under another Message-ID"
    if (repeats := repeats_in(postbox)) > kills:
        yield f"{repeats} repeats after {kills} kills"


def repeats_in(postbox: Postbox) -> int:
    return postbox.copies.total() - len(postbox.copies)
