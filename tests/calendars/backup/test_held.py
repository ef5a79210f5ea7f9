"""A restore never sends an email that may have gone out since the backup."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from booking.models import Booking, Mail
from calendars.models import Occasion
from calendars.models.delivery import HELD
from tests.support.pages.parsing import shows, words_of
from tests.support.world.factories import BookingFactory, MailFactory

pytestmark = pytest.mark.django_db(transaction=True)

OLD = timedelta(days=3)


@pytest.fixture
def booking() -> Booking:
    return BookingFactory.create(starts_at=timezone.now() + timedelta(days=2))


def back_up_and_restore(file: Path) -> None:
    call_command("backup", str(file), stdout=StringIO())
    call_command("restore", str(file), stdout=StringIO())


def work(*options: str) -> str:
    output = StringIO()
    call_command("work", *options, stdout=output)
    return output.getvalue()


def test_email_that_was_due_is_not_sent_after_a_restore(file: Path, booking: Booking) -> None:
    due = MailFactory.create(booking=booking, due_at=timezone.now() - OLD)
    back_up_and_restore(file)
    work("--once")
    due.refresh_from_db()
    assert due.done_at is None
    assert due.is_held
    assert work("--check") == (
        "Held back since a restore: 1. “manage.py work --send-held” has the workers send them.\n"
        "Nothing is overdue.\n"
    )


def test_email_that_a_worker_had_in_hand_or_tries_again_is_held(
    file: Path, booking: Booking
) -> None:
    later = timezone.now() + timedelta(minutes=30)
    MailFactory.create(
        booking=booking,
        due_at=timezone.now() - OLD,
        next_try_at=later,
        lease="7f1c3c3e-3a3e-4a58-9d59-0d4f5a0d6b11",
    )
    MailFactory.create(
        booking=booking,
        sequence=1,
        due_at=timezone.now() - OLD,
        next_try_at=later,
        tries=3,
        error="The mail server is down.",
    )
    back_up_and_restore(file)
    assert set(Mail.objects.values_list("next_try_at", "lease")) == {(HELD, None)}


def test_what_is_not_due_yet_or_has_ended_is_left_alone(file: Path, booking: Booking) -> None:
    now = timezone.now()
    MailFactory.create(booking=booking, occasion=Occasion.REMINDER, due_at=now + timedelta(days=1))
    for sequence, field in enumerate(("done_at", "failed_at", "dropped_at")):
        MailFactory.create(booking=booking, sequence=sequence, due_at=now - OLD, **{field: now})
    before = list(Mail.objects.order_by("pk").values())
    back_up_and_restore(file)
    assert list(Mail.objects.order_by("pk").values()) == before


def test_send_held_has_them_sent(file: Path, booking: Booking) -> None:
    due = MailFactory.create(booking=booking, due_at=timezone.now() - OLD, tries=3)
    back_up_and_restore(file)
    assert work("--send-held") == "Held back until now: 1. The workers send them.\n"
    assert work("--send-held") == "Nothing is held back.\n"
    assert work("--check") == "Nothing is overdue.\n"
    work("--once")
    due.refresh_from_db()
    assert due.done_at is not None
    assert due.tries == 1


def test_owner_sees_that_it_was_not_sent(client: Client, file: Path, booking: Booking) -> None:
    MailFactory.create(booking=booking, due_at=timezone.now() - OLD)
    back_up_and_restore(file)
    client.force_login(booking.host)
    page = words_of(client.get(f"/bookings/{booking.pk}/"))
    assert shows(page, "Email to Cleo Client: not sent: held back since a backup was restored")
    assert "waits to be sent" not in page
