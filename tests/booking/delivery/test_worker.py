"""Tests of one worker that sends emails, one at a time, through a real SMTP server."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import OperationalError, connection
from django.utils import timezone

from booking.delivery.mail import kind as kind_module
from booking.delivery.mail.kind import BookingMails
from booking.models import Booking, Mail, Party
from calendars.models import Calendar, Occasion
from calendars.outbox import handover, leases
from calendars.outbox import postman as postman_module
from calendars.outbox.handover import PATIENCE, Outcome, deliver, deliver_next
from calendars.outbox.leases import claim_next, insist, lease_of, write_down
from calendars.outbox.postman import Postman
from tests.support.booking.delivering import at_message, deliver_all
from tests.support.database.queries import at_most_queries
from tests.support.servers.smtp import OK, Postbox, smtp_server, use_server
from tests.support.world.factories import BookingFactory, MailFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
LEASE = lease_of(PATIENCE)


# Emails that are sent


def test_due_email_is_sent_once(mail: Mail, postbox: Postbox, kind: BookingMails) -> None:
    assert deliver_all(kind) == [Outcome.DONE]
    [message] = postbox.received
    assert message["To"] == "Cleo Client <cleo@example.com>"
    assert str(mail.uid) in message["Message-ID"]
    mail.refresh_from_db()
    assert mail.done_at
    assert (mail.tries, mail.lease, mail.error) == (1, None, "")


def test_looking_for_nothing_costs_one_query(mail: Mail) -> None:
    Mail.objects.update(next_try_at=timezone.now() + HOUR)
    with at_most_queries(1):
        assert claim_next(Mail.objects.all(), now=timezone.now(), lease=LEASE) is None


def test_email_costs_few_queries(mail: Mail, postbox: Postbox, kind: BookingMails) -> None:
    with at_most_queries(6):
        deliver_next(kind)
    assert len(postbox.received) == 1


def test_longest_due_is_sent_first(booking: Booking, postbox: Postbox, kind: BookingMails) -> None:
    now = timezone.now()
    mails = [MailFactory.create(booking=booking, due_at=now - n * HOUR) for n in (1, 3, 2)]
    deliver_all(kind)
    assert list(postbox.copies) == [str(mails[n].uid) for n in (1, 2, 0)]


def test_one_connection_serves_many(
    booking: Booking, postbox: Postbox, kind: BookingMails, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postman_module, "MAX_ON_ONE_CONNECTION", 3)
    now = timezone.now()
    for minute in range(4):
        MailFactory.create(booking=booking, due_at=now - timedelta(minutes=minute))
    assert deliver_all(kind) == [Outcome.DONE] * 4
    assert postbox.connections == 2


def test_closed_connection_costs_no_try(
    booking: Booking, settings: Any, kind: BookingMails
) -> None:
    with smtp_server() as first:
        use_server(settings, first.port)
        MailFactory.create(booking=booking)
        assert deliver_next(kind) is Outcome.DONE
    with smtp_server(first.port) as second:
        MailFactory.create(booking=booking)
        assert deliver_next(kind) is Outcome.DONE
        assert len(second.received) == 1
        kind.rest()


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_sending(
    mail: Mail, postbox: Postbox, kind: BookingMails, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def send(postman: Postman, message: EmailMultiAlternatives, *, seconds: float) -> None:
        seen.append(connection.in_atomic_block)

    monkeypatch.setattr(Postman, "send", send)
    assert deliver_next(kind) is Outcome.DONE
    assert seen == [False]


# Emails that are not true any more


@pytest.fixture
def reminder(booking: Booking) -> Mail:
    return MailFactory.create(booking=booking, occasion=Occasion.REMINDER)


@pytest.mark.parametrize(
    "change",
    [
        lambda: Booking.objects.update(cancelled_at=timezone.now()),
        lambda: Booking.objects.update(sequence=1),
        lambda: Booking.objects.update(client_email=""),
        lambda: Calendar.objects.update(client_mails=[Occasion.BOOKED]),
    ],
    ids=["cancelled", "moved", "erased", "unwanted"],
)
def test_reminder_that_is_not_so_any_more_is_dropped(
    reminder: Mail, postbox: Postbox, kind: BookingMails, change: Callable[[], int]
) -> None:
    assert change() == 1
    assert deliver_all(kind) == [Outcome.DROPPED]
    assert postbox.received == []
    reminder.refresh_from_db()
    assert reminder.dropped_at
    assert (reminder.done_at, reminder.failed_at) == (None, None)


def test_reminder_that_holds_is_sent(reminder: Mail, postbox: Postbox, kind: BookingMails) -> None:
    assert deliver_all(kind) == [Outcome.DONE]
    assert len(postbox.received) == 1


def test_nobody_hears_of_what_was_overtaken(
    booking: Booking, postbox: Postbox, kind: BookingMails
) -> None:
    """Cleo does not get "You're booked" after "Rescheduled"; Olive, who got neither, does."""
    now = timezone.now()
    Booking.objects.update(sequence=1)
    MailFactory.create(booking=booking, sequence=1, occasion=Occasion.RESCHEDULED, done_at=now)
    to_cleo = MailFactory.create(booking=booking, due_at=now - HOUR)
    MailFactory.create(booking=booking, recipient=Party.OWNER)
    assert deliver_all(kind) == [Outcome.DROPPED, Outcome.DONE]
    to_cleo.refresh_from_db()
    assert to_cleo.dropped_at
    assert postbox.received[0]["To"] == "Olive Owner <olive@example.com>"


def test_what_happened_while_no_worker_ran_is_told_in_order(
    booking: Booking, postbox: Postbox, kind: BookingMails
) -> None:
    now = timezone.now()
    MailFactory.create(booking=booking, due_at=now - 2 * HOUR)
    MailFactory.create(booking=booking, sequence=1, occasion=Occasion.CANCELLED, due_at=now - HOUR)
    Booking.objects.update(cancelled_at=now, sequence=1)
    assert deliver_all(kind) == [Outcome.DONE] * 2


def test_nobody_hears_of_what_was_cancelled_without_an_email(
    booking: Booking, postbox: Postbox, kind: BookingMails
) -> None:
    """An email of a cancelled booking is dropped if no email of the cancellation will follow."""
    MailFactory.create(booking=booking)
    Booking.objects.update(cancelled_at=timezone.now(), sequence=1)
    assert deliver_all(kind) == [Outcome.DROPPED]
    assert postbox.received == []


def test_booking_that_was_moved_without_an_email_is_told_with_its_new_time(
    booking: Booking, postbox: Postbox, kind: BookingMails
) -> None:
    """The email names the new time, which no other email does until the reminder, much later."""
    MailFactory.create(booking=booking)
    reminder = MailFactory.build(booking=booking, sequence=1, occasion=Occasion.REMINDER)
    reminder.due_at = reminder.next_try_at = timezone.now() + HOUR
    reminder.save()
    moved = {"starts_at": booking.starts_at + HOUR, "ends_at": booking.ends_at + HOUR}
    moved["blocked_until"] = moved["ends_at"]
    Booking.objects.update(sequence=1, **moved)
    assert deliver_all(kind) == [Outcome.DONE]
    [message] = postbox.received
    [entry] = (each for each in message.walk() if each.get_content_type() == "text/calendar")
    lines = entry.get_content().splitlines()
    assert "SEQUENCE:1" in lines
    assert f"DTSTART:{moved['starts_at']:%Y%m%dT%H%M%SZ}" in lines


def test_of_two_reminders_at_once_the_later_one_is_sent(
    booking: Booking, postbox: Postbox, kind: BookingMails
) -> None:
    now = timezone.now()
    for due in (now - 3 * HOUR, now - HOUR, now + HOUR):
        MailFactory.create(booking=booking, occasion=Occasion.REMINDER, due_at=due)
    MailFactory.create(
        booking=booking, occasion=Occasion.REMINDER, due_at=now - 2 * HOUR, recipient=Party.OWNER
    )
    Calendar.objects.update(owner_mails=[Occasion.REMINDER])
    assert deliver_all(kind) == [Outcome.DROPPED, Outcome.DONE, Outcome.DONE]
    assert len(postbox.received) == 2


@pytest.mark.parametrize(
    ("occasion", "starts_in", "outcome"),
    [
        (Occasion.REMINDER, -timedelta(minutes=1), Outcome.FAILED),
        (Occasion.BOOKED, -timedelta(minutes=1), Outcome.DONE),
        (Occasion.BOOKED, -HOUR, Outcome.FAILED),
        (Occasion.RESCHEDULED, -HOUR, Outcome.FAILED),
        (Occasion.CANCELLED, -HOUR, Outcome.DONE),
    ],
)
def test_email_that_comes_too_late_fails_in_words(
    calendar: Calendar,
    postbox: Postbox,
    kind: BookingMails,
    occasion: Occasion,
    starts_in: timedelta,
    outcome: Outcome,
) -> None:
    booking = BookingFactory.create(calendar=calendar, starts_at=timezone.now() + starts_in)
    mail = MailFactory.create(booking=booking, occasion=occasion)
    assert deliver_all(kind) == [outcome]
    is_late = outcome is Outcome.FAILED
    mail.refresh_from_db()
    assert mail.error == ("It was too late to send it." if is_late else "")
    assert len(postbox.received) == (not is_late)


# Leases


def test_claimed_email_is_nobody_elses_until_the_lease_ends(mail: Mail) -> None:
    now = timezone.now()
    first = claim_next(Mail.objects.all(), now=now, lease=LEASE)
    assert first == mail
    almost = now + LEASE - timedelta(seconds=1)
    assert claim_next(Mail.objects.all(), now=almost, lease=LEASE) is None
    second = claim_next(Mail.objects.all(), now=now + LEASE, lease=LEASE)
    assert second == mail
    assert second.tries == 2
    assert first
    assert first.lease != second.lease


def test_lease_that_has_passed_on_writes_nothing_down(mail: Mail) -> None:
    now = timezone.now()
    late = claim_next(Mail.objects.all(), now=now - LEASE, lease=LEASE)
    current = claim_next(Mail.objects.all(), now=now, lease=LEASE)
    assert late
    assert current
    assert not write_down(Mail.objects.all(), late, done_at=now)
    assert write_down(Mail.objects.all(), current, done_at=now)


def test_email_whose_lease_ended_before_it_was_sent_is_left_alone(
    mail: Mail, postbox: Postbox, kind: BookingMails
) -> None:
    late = claim_next(Mail.objects.all(), now=timezone.now() - LEASE, lease=LEASE)
    assert late
    claim_next(Mail.objects.all(), now=timezone.now(), lease=LEASE)
    until = time.monotonic() + PATIENCE
    assert deliver(kind, late, until=until) is Outcome.SETTLED
    assert postbox.received == []


def test_sending_ends_before_the_lease(mail: Mail, postbox: Postbox, kind: BookingMails) -> None:
    """The time for sending counts from the claim, however long the steps before it took."""
    claimed = claim_next(Mail.objects.all(), now=timezone.now(), lease=LEASE)
    assert claimed
    passed = time.monotonic() - 1
    assert deliver(kind, claimed, until=passed) is Outcome.WAITS_FOR_SERVER
    assert postbox.received == []
    assert lease_of(PATIENCE) >= timedelta(seconds=2 * PATIENCE)


def test_database_that_comes_back_hears_what_was_sent() -> None:
    answers: list[Any] = [OperationalError("gone"), OperationalError("gone"), 1]

    def write() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return int(answer)

    assert insist(write, until=timezone.now() + HOUR) == 1
    answers = [OperationalError("gone")]
    with pytest.raises(OperationalError):
        insist(write, until=timezone.now() - HOUR)


# The steps before a hand-over that ask the database.
STEPS = {
    "claim": (handover, "claim_next"),
    "facts": (handover, "read_facts"),
    "truth": (kind_module, "is_untrue"),
}


def ask_in_vain(*args: Any, **kwargs: Any) -> None:
    """Ask the database for what takes a minute."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # With this, the server soon ends a query whose client is gone.
            cursor.execute("SET client_connection_check_interval = 50")
            cursor.execute("SELECT pg_sleep(60)")
    time.sleep(60)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", STEPS)
def test_database_that_never_answers_is_left(
    mail: Mail,
    postbox: Postbox,
    kind: BookingMails,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(leases, "DATABASE_PATIENCE", 0.5)
        patched.setattr(*STEPS[step], ask_in_vain)
        with pytest.raises(OperationalError, match="no answer in time"):
            deliver_next(kind)
    Mail.objects.update(next_try_at=timezone.now())
    assert deliver_next(kind) is Outcome.DONE


@pytest.mark.django_db(transaction=True)
def test_database_that_falls_silent_while_composing_costs_one_try(
    mail: Mail, postbox: Postbox, kind: BookingMails, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(leases, "DATABASE_PATIENCE", 0.5)
        patched.setattr(kind_module, "compose", ask_in_vain)
        assert deliver_next(kind) in {Outcome.WAITS, Outcome.WAITS_FOR_SERVER}
    Mail.objects.update(next_try_at=timezone.now())
    assert deliver_next(kind) is Outcome.DONE
    assert len(postbox.received) == 1


@pytest.mark.django_db(transaction=True)
def test_database_that_falls_silent_hears_what_was_sent(
    mail: Mail, postbox: Postbox, kind: BookingMails, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The email went out, so it is written down as soon as the database answers again."""
    rows_of = leases.held

    def rows_that_are_silent_once(*args: Any) -> Any:
        rows = rows_of(*args)
        write = rows.update

        def update(**fields: Any) -> int:
            monkeypatch.setattr(rows, "update", write)
            ask_in_vain()
            raise AssertionError("A deadline ends this before.")

        monkeypatch.setattr(rows, "update", update)
        return rows

    monkeypatch.setattr(leases, "DATABASE_PATIENCE", 0.5)
    monkeypatch.setattr(leases, "held", rows_that_are_silent_once)
    assert deliver_next(kind) is Outcome.DONE
    assert len(postbox.received) == 1
    mail.refresh_from_db()
    assert mail.done_at


# The log


def test_each_outcome_is_one_line_without_secrets(
    mail: Mail, postbox: Postbox, kind: BookingMails, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="calendars.outbox")
    where = f"Email {mail.pk} (booked, to the client of booking {mail.booking_id})"
    at_message("451 Try later")(postbox)
    deliver_all(kind)
    at_message(OK)(postbox)
    Mail.objects.update(next_try_at=timezone.now())
    deliver_all(kind)
    assert caplog.messages == [
        f"{where}, try 1: will be tried again. The mail server refuses the email: 451 Try later",
        f"{where}, try 2: done.",
    ]
    # Operators are woken by warnings.
    assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.INFO]


def test_what_was_dropped_is_no_warning(
    mail: Mail, postbox: Postbox, kind: BookingMails, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="calendars.outbox")
    Booking.objects.update(cancelled_at=timezone.now(), sequence=1)
    assert deliver_all(kind) == [Outcome.DROPPED]
    assert [record.levelno for record in caplog.records] == [logging.INFO]
