"""Tests that kill and race worker processes on a real SMTP server."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from email.message import EmailMessage
from io import StringIO
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from booking.models import Booking, Mail
from calendars.models import Tally
from tests.settings import ENVIRONMENT
from tests.support.servers.installation import PATIENCE, database_url, run_python
from tests.support.servers.machine import free_port
from tests.support.servers.smtp import Postbox, smtp_server, use_server
from tests.support.servers.workers import WORK, Worker, wait_until, worker
from tests.support.world.factories import MailFactory

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
StartWorker = Callable[..., Worker]


@pytest.fixture
def start_worker(checkout: Path, tmp_path: Path) -> Iterator[StartWorker]:
    """Yield a function that starts a worker on the test's database; kill the workers at the end."""
    with ExitStack() as stack:
        numbers = count()

        def start(*program: str, **variables: str) -> Worker:
            log = tmp_path / f"worker{next(numbers)}.log"
            return stack.enter_context(worker(checkout, log, *program, **variables))

        yield start


def make_mails(booking: Booking, number: int) -> list[Mail]:
    """Make emails that are all due, the first one for longest."""
    now = timezone.now()
    return [
        MailFactory.create(booking=booking, due_at=now - n * MINUTE) for n in range(number, 0, -1)
    ]


def all_sent() -> bool:
    return not Mail.objects.waiting().exists()


# Killed workers

KILLED_WHILE_ADDRESSING = (11,)
KILLED_BEFORE_THE_ANSWER = (20, 35)


def test_killed_workers_lose_nothing(booking: Booking, start_worker: StartWorker) -> None:
    """Each kill hits both workers: one at a chosen step, the other wherever it happens to be."""
    mails = make_mails(booking, 50)
    workers: list[Worker] = []
    starting = Lock()
    kills, recipients, messages = count(), count(1), count(1)

    def kill_all() -> None:
        with starting:
            for each in workers:
                each.kill()
                next(kills)
            workers.clear()

    def at_recipient(address: str) -> None:
        if next(recipients) in KILLED_WHILE_ADDRESSING:
            kill_all()

    def at_message(message: EmailMessage) -> None:
        if next(messages) in KILLED_BEFORE_THE_ANSWER:
            kill_all()

    def have_ended() -> bool:
        return not workers or all_sent()

    with smtp_server() as postbox:
        postbox.at_recipient, postbox.at_message = at_recipient, at_message
        while not all_sent():
            end_leases()
            with starting:
                workers.extend(start_worker(EMAIL_URL=postbox.url) for _ in range(2))
            wait_until(have_ended)
    assert set(postbox.copies) == {str(mail.uid) for mail in mails}
    repeats = postbox.copies.total() - len(mails)
    assert len(KILLED_BEFORE_THE_ANSWER) <= repeats <= next(kills) == 6


def end_leases() -> None:
    """Make the emails that the dead workers had in hand due at once, not in five minutes."""
    Mail.objects.waiting().exclude(lease=None).update(next_try_at=timezone.now())


def test_other_worker_takes_over_when_the_lease_ends(
    booking: Booking, start_worker: StartWorker
) -> None:
    [mail] = make_mails(booking, 1)
    with smtp_server() as postbox:
        postbox.at_recipient = lambda address: Postbox.HANG
        program = (*WORK, "--patience", "4")
        killed = start_worker(*program, EMAIL_URL=postbox.url)
        wait_until(lambda: postbox.connections == 1)
        killed.kill()
        postbox.at_recipient = lambda address: None
        start_worker(*program, EMAIL_URL=postbox.url)
        wait_until(all_sent)
        assert postbox.copies == {str(mail.uid): 1}
    mail.refresh_from_db()
    assert mail.tries == 2


def test_asked_to_end_it_finishes_the_email_in_hand(
    booking: Booking, start_worker: StartWorker
) -> None:
    first, second = make_mails(booking, 2)
    workers: list[Worker] = []

    def ask(message: EmailMessage) -> None:
        workers[0].process.terminate()

    with smtp_server() as postbox:
        postbox.at_message = ask
        workers.append(start_worker(EMAIL_URL=postbox.url))
        assert workers[0].process.wait(PATIENCE) == 0
        assert postbox.copies == {str(first.uid): 1}
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.done_at
    assert (second.done_at, second.tries) == (None, 0)


# Servers that go away and come back


def test_worker_outlasts_the_mail_server(booking: Booking, start_worker: StartWorker) -> None:
    mails = make_mails(booking, 3)
    port = free_port()
    process = start_worker(EMAIL_URL=f"smtp://127.0.0.1:{port}")
    wait_until(lambda: Mail.objects.filter(tries=1).exists())
    with smtp_server(port) as postbox:
        Mail.objects.update(next_try_at=timezone.now())
        wait_until(all_sent)
        assert postbox.copies == {str(mail.uid): 1 for mail in mails}
    assert process.stop() == 0


def test_worker_outlasts_the_loss_of_its_database(
    booking: Booking, start_worker: StartWorker, tmp_path: Path
) -> None:
    """A worker survives when PostgreSQL ends its sessions, or while SQLite has no tables yet.

    An SQLite file has none until the web server starts for the first time.
    """
    if connection.vendor == "sqlite":
        process = start_worker(DATABASE_URL=f"sqlite:///{tmp_path / 'empty.sqlite3'}")
        wait_until(lambda: "no such table" in process.log.read_text())
        assert process.stop() == 0
        return
    with smtp_server() as postbox:
        process = start_worker(EMAIL_URL=postbox.url)
        for number in (1, 2):
            make_mails(booking, 1)
            wait_until(lambda: len(postbox.received) == number)  # noqa: B023
            end_other_sessions()
        assert process.stop() == 0
    assert "Traceback" not in process.log.read_text()


def end_other_sessions() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


# Workers at the same time

WORKERS = 3
ONCE = (*WORK, "--once")
# The control: a worker that takes an email without a lease.
WITHOUT_LEASE = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "quantix.settings"
django.setup()
from django.core.management import call_command
from calendars.outbox import handover
handover.claim_next = lambda deliveries, *, now, lease: deliveries.due(at=now).first()
call_command("work", "--once")
"""


def send_at_once(postbox: Postbox, start_worker: StartWorker, *program: str) -> None:
    """Run workers, none of which goes on before each of them has an email in hand."""
    postbox.is_open = lambda: postbox.connections >= WORKERS
    workers = [start_worker(*program, EMAIL_URL=postbox.url) for _ in range(WORKERS)]
    assert [worker.process.wait(PATIENCE) for worker in workers] == [0] * WORKERS


def test_workers_at_once_send_each_email_once(
    booking: Booking, postbox: Postbox, start_worker: StartWorker
) -> None:
    mails = make_mails(booking, 12)
    send_at_once(postbox, start_worker, *ONCE)
    assert postbox.copies == {str(mail.uid): 1 for mail in mails}


@pytest.mark.once
def test_without_the_lease_workers_at_once_send_one_email_often(
    booking: Booking, postbox: Postbox, start_worker: StartWorker
) -> None:
    mails = make_mails(booking, 2)
    send_at_once(postbox, start_worker, "-c", WITHOUT_LEASE)
    assert postbox.copies[str(mails[0].uid)] == WORKERS


# The command


def test_check_tells_of_an_overdue_email(mail: Mail) -> None:
    def be_due_for(minutes: int) -> None:
        due = timezone.now() - minutes * MINUTE
        Mail.objects.update(due_at=due, next_try_at=due)

    be_due_for(9)
    call_command("work", "--check", stdout=StringIO())
    be_due_for(11)
    with pytest.raises(CommandError, match=r"^An email is overdue by 11 minutes\.$"):
        call_command("work", "--check")
    Mail.objects.update(done_at=timezone.now())
    call_command("work", "--check", stdout=StringIO())


def test_former_name_of_the_command_does_the_same_and_says_so(
    mail: Mail, postbox: Postbox, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("send_mails", "--once")
    assert len(postbox.received) == 1
    assert "manage.py work" in capsys.readouterr().err


def test_once_ends_while_the_mail_server_is_down(mail: Mail, settings: Any) -> None:
    use_server(settings, free_port())
    call_command("work", "--once")
    mail.refresh_from_db()
    assert mail.tries == 1


def test_worker_tidies_what_throttles_have_counted(start_worker: StartWorker) -> None:
    now = int(time.time())
    Tally.objects.create(key="over", hits=1, ends_at=now - 1)
    Tally.objects.create(key="current", hits=1, ends_at=now + 3600)
    start_worker()
    wait_until(lambda: Tally.objects.count() == 1)
    assert Tally.objects.get().key == "current"


# The test email that an operator sends by hand, with the settings of an installation


@pytest.mark.once
def test_test_email_goes_out_or_says_why_not(checkout: Path, tmp_path: Path) -> None:
    def try_it(url: str) -> subprocess.CompletedProcess[str]:
        variables = {**ENVIRONMENT, "DATABASE_URL": database_url(), "DATA_DIR": str(tmp_path)}
        command = ("manage.py", "sendtestmail", "admin@example.com")
        return run_python(checkout, *command, **{**variables, "EMAIL_URL": url})

    with smtp_server() as postbox:
        assert try_it(postbox.url).stdout == "The mail server has taken it.\n"
        assert [message["To"] for message in postbox.received] == ["admin@example.com"]
        postbox.at_recipient = lambda address: "550 No such user"
        refused = try_it(postbox.url)
    assert refused.returncode == 1
    words = "The mail server refuses the recipient: 550 No such user"
    assert refused.stderr == f"CommandError: {words}\n"
    assert try_it("").stdout == f"EMAIL_URL names no mail server: see {tmp_path / 'mail'}.\n"
    assert len(list((tmp_path / "mail").glob("*/others/*.eml"))) == 1
