"""Tests of what goes wrong with emails, on a real SMTP server."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from aiosmtpd.smtp import AuthResult
from django.utils import timezone

from booking.delivery.mail import kind as kind_module
from booking.delivery.mail.compose import compose
from booking.delivery.mail.kind import BookingMails
from booking.models import Booking, Mail, Party
from calendars.outbox.handover import Outcome, deliver_next
from calendars.outbox.leases import try_again
from calendars.outbox.mailbox import OwnedEmail
from tests.support.booking.delivering import at_message, at_recipient, deliver_all
from tests.support.servers.smtp import OK, Postbox, smtp_server, use_server
from tests.support.world.factories import MailFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DRIPS, DRIP_PAUSE = 100, 0.2
REFUSED = AuthResult(success=False, handled=False)


# Troubles after which an email is tried again


@pytest.mark.parametrize(
    ("spoil", "outcome", "error"),
    [
        (
            at_recipient("450 4.2.1 Mailbox busy"),
            Outcome.WAITS,
            "The mail server refuses the recipient: 450 4.2.1 Mailbox busy",
        ),
        (
            at_recipient("550 5.7.1 Relaying denied"),
            Outcome.WAITS,
            "The mail server refuses the recipient: 550 5.7.1 Relaying denied",
        ),
        (
            at_recipient("550 relay not permitted"),
            Outcome.WAITS,
            "The mail server refuses the recipient: 550 relay not permitted",
        ),
        (
            at_message("554 Message refused"),
            Outcome.WAITS,
            "The mail server refuses the email: 554 Message refused",
        ),
        (
            at_recipient("530 Sign in first"),
            Outcome.WAITS,
            "The mail server refuses the recipient: 530 Sign in first",
        ),
        (
            at_recipient(Postbox.BREAK_OFF),
            Outcome.WAITS_FOR_SERVER,
            "The mail server broke the connection off.",
        ),
        (
            at_message("451-Try\r\n451 later"),
            Outcome.WAITS,
            "The mail server refuses the email: 451 Try later",
        ),
    ],
)
def test_passing_trouble_is_tried_again(
    mail: Mail,
    postbox: Postbox,
    kind: BookingMails,
    spoil: Callable[[Postbox], None],
    outcome: Outcome,
    error: str,
) -> None:
    answers = (postbox.at_recipient, postbox.at_message)
    spoil(postbox)
    before = timezone.now()
    assert deliver_all(kind) == [outcome]
    mail.refresh_from_db()
    assert (mail.error, mail.lease, mail.done_at, mail.failed_at) == (error, None, None, None)
    assert timedelta(seconds=54) <= mail.next_try_at - before <= timedelta(seconds=80)

    postbox.at_recipient, postbox.at_message = answers
    Mail.objects.update(next_try_at=before)
    assert deliver_all(kind) == [Outcome.DONE]
    mail.refresh_from_db()
    assert (mail.tries, mail.error) == (2, "")


def test_lost_answer_brings_the_same_message_again(
    mail: Mail, postbox: Postbox, kind: BookingMails
) -> None:
    at_message(Postbox.BREAK_OFF)(postbox)
    assert deliver_next(kind) is Outcome.WAITS_FOR_SERVER
    at_message(OK)(postbox)
    Mail.objects.update(next_try_at=timezone.now())
    assert deliver_next(kind) is Outcome.DONE
    assert list(postbox.copies.values()) == [2]


def test_unreachable_server_is_waited_for(mail: Mail, settings: Any, kind: BookingMails) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # but does not listen
        use_server(settings, taken.getsockname()[1])
        assert deliver_next(kind) is Outcome.WAITS_FOR_SERVER
    mail.refresh_from_db()
    assert mail.error == "The mail server cannot be reached: Connection refused"


def test_wrong_password_is_tried_again(mail: Mail, settings: Any, kind: BookingMails) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "quantix", "wrong"
    with smtp_server(auth_require_tls=False, authenticator=lambda *_: REFUSED) as postbox:
        use_server(settings, postbox.port)
        assert deliver_next(kind) is Outcome.WAITS_FOR_SERVER
    mail.refresh_from_db()
    assert mail.error.startswith("The mail server does not accept the sign-in: 535 ")
    assert "wrong" not in mail.error


def test_hanging_server_is_left(mail: Mail, postbox: Postbox, kind: BookingMails) -> None:
    at_recipient(Postbox.HANG)(postbox)
    assert deliver_next(kind, patience=1) is Outcome.WAITS_FOR_SERVER
    mail.refresh_from_db()
    assert mail.error == "The mail server does not answer in time."


def test_dripping_server_is_left_too(mail: Mail, settings: Any, kind: BookingMails) -> None:
    """The patience holds although each byte from the server restarts the socket's timeout."""
    with dripping_server() as port:
        use_server(settings, port)
        started = time.monotonic()
        assert deliver_next(kind, patience=1) is Outcome.WAITS_FOR_SERVER
    assert time.monotonic() - started < DRIPS * DRIP_PAUSE


@contextmanager
def dripping_server() -> Iterator[int]:
    """Yield the port of a server that greets byte by byte, for twenty seconds."""
    is_over = threading.Event()

    def drip(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client, suppress(OSError):
            for _ in range(DRIPS):
                client.sendall(b"2")
                if is_over.wait(DRIP_PAUSE):
                    break

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=[listener])
        thread.start()
        yield listener.getsockname()[1]
        is_over.set()
        thread.join()


# Emails that are given up


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (
            at_recipient("550 5.1.1 No such user"),
            "The mail server refuses the recipient: 550 5.1.1 No such user",
        ),
        (at_message("552 5.3.4 Too big"), "The mail server refuses the email: 552 5.3.4 Too big"),
    ],
)
def test_final_refusal_fails_at_once(
    mail: Mail,
    postbox: Postbox,
    kind: BookingMails,
    spoil: Callable[[Postbox], None],
    error: str,
) -> None:
    spoil(postbox)
    assert deliver_all(kind) == [Outcome.FAILED]
    mail.refresh_from_db()
    assert mail.failed_at
    assert (mail.error, mail.tries) == (error, 1)


def test_refusal_without_a_code_of_its_reason_fails_after_an_hour(
    mail: Mail, postbox: Postbox, kind: BookingMails
) -> None:
    at_recipient("550 No such user")(postbox)
    before = timezone.now()
    with time_machine.travel(before, tick=False) as clock:
        while deliver_next(kind) is Outcome.WAITS:
            mail.refresh_from_db()
            clock.move_to(mail.next_try_at)
        mail.refresh_from_db()
    assert mail.failed_at
    assert timedelta(minutes=50) < mail.failed_at - before < timedelta(minutes=80)
    assert mail.error == "The mail server refuses the recipient: 550 No such user"


def test_refusal_that_comes_after_other_trouble_is_not_final_yet(
    mail: Mail, postbox: Postbox, kind: BookingMails
) -> None:
    Mail.objects.update(tries=12, error="The mail server does not answer in time.")
    at_recipient("550 No such user")(postbox)
    for outcome in (Outcome.WAITS, Outcome.FAILED):
        Mail.objects.update(next_try_at=timezone.now())
        assert deliver_next(kind) is outcome


def test_refused_email_holds_up_no_other(
    booking: Booking, postbox: Postbox, kind: BookingMails
) -> None:
    now = timezone.now()
    MailFactory.create(booking=booking, due_at=now - HOUR)
    MailFactory.create(booking=booking, recipient=Party.OWNER)
    postbox.at_recipient = lambda address: "550 5.1.1 No" if address == "cleo@example.com" else None
    assert deliver_all(kind) == [Outcome.FAILED, Outcome.DONE]


def test_email_that_cannot_be_written_holds_up_no_other(
    booking: Booking, postbox: Postbox, kind: BookingMails, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = MailFactory.create(booking=booking, due_at=timezone.now() - HOUR)
    MailFactory.create(booking=booking)

    def compose_all_but_one(mail: Mail) -> OwnedEmail:
        if mail == poison:
            raise KeyError(booking.manage_token)
        return compose(mail)

    monkeypatch.setattr(kind_module, "compose", compose_all_but_one)
    assert deliver_all(kind) == [Outcome.WAITS, Outcome.DONE]
    poison.refresh_from_db()
    assert poison.error == "The email could not be written: KeyError"


def test_address_that_cannot_be_written_to_fails_at_once_and_alone(
    booking: Booking, postbox: Postbox, kind: BookingMails
) -> None:
    Booking.objects.update(client_email="cl\u0131o@example.com")
    to_cleo = MailFactory.create(booking=booking, due_at=timezone.now() - HOUR)
    MailFactory.create(booking=booking, recipient=Party.OWNER)
    assert deliver_all(kind) == [Outcome.FAILED, Outcome.DONE]
    to_cleo.refresh_from_db()
    assert (to_cleo.error, to_cleo.tries) == ("No email can be sent to this address.", 1)


def test_tries_go_on_for_a_day() -> None:
    tries = BookingMails.tries
    pauses = [tries.pause_after(number) for number in range(1, tries.most)]
    assert timedelta(hours=22) < sum(pauses, timedelta()) < timedelta(hours=27)
    assert min(pauses) > timedelta(seconds=50)
    assert max(pauses) < timedelta(minutes=70)


def test_last_try_fails_in_words(mail: Mail, postbox: Postbox, kind: BookingMails) -> None:
    Mail.objects.update(tries=BookingMails.tries.most - 1)
    at_message("451 Try later")(postbox)
    assert deliver_all(kind) == [Outcome.FAILED]
    mail.refresh_from_db()
    assert mail.failed_at
    assert mail.error == "The mail server refuses the email: 451 Try later"


def test_email_that_kills_its_workers_is_given_up(
    mail: Mail, postbox: Postbox, kind: BookingMails
) -> None:
    Mail.objects.update(tries=BookingMails.tries.most)
    assert deliver_all(kind) == [Outcome.FAILED]
    assert postbox.received == []


def test_failed_email_can_be_sent_again(mail: Mail, postbox: Postbox, kind: BookingMails) -> None:
    at_recipient("550 5.1.1 No such user")(postbox)
    deliver_all(kind)
    at_recipient(OK)(postbox)
    assert try_again(Mail.objects.all(), now=timezone.now()) == 1
    assert try_again(Mail.objects.all(), now=timezone.now()) == 0
    assert deliver_all(kind) == [Outcome.DONE]
    assert str(mail.uid) in postbox.received[0]["Message-ID"]
    mail.refresh_from_db()
    assert (mail.failed_at, mail.tries) == (None, 1)
