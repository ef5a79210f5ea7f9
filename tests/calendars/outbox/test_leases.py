"""Leases of two workers, and of a worker whose clock is set back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from booking.models import Mail
from calendars.models.delivery import HELD, LONGEST_PAUSE
from calendars.outbox.leases import bring_forward, claim_next
from tests.support.database.another import another_connection
from tests.support.world.factories import BookingFactory, MailFactory

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def other_worker() -> Iterator[ThreadPoolExecutor]:
    if connection.vendor != "postgresql":
        pytest.skip("On SQLite one worker at a time takes a delivery.")
    with another_connection() as thread:
        yield thread


def claim() -> Mail | None:
    return claim_next(Mail.objects.all(), now=timezone.now(), lease=MINUTE)


def test_worker_passes_over_what_another_is_taking(other_worker: ThreadPoolExecutor) -> None:
    booking, now = BookingFactory.create(), timezone.now()
    first, second = (MailFactory.create(booking=booking, due_at=now - n * MINUTE) for n in (9, 1))
    with transaction.atomic():
        Mail.objects.select_for_update().get(pk=first.pk)
        assert other_worker.submit(claim).result() == second
    assert claim() == first
    assert claim() is None


def test_clock_that_is_set_back_leaves_nothing_in_hand_for_long() -> None:
    """A worker died of it, or a try had failed: both would come back a day later."""
    booking, now = BookingFactory.create(), timezone.now()
    tomorrow = now + timedelta(days=1)
    taken = MailFactory.create(booking=booking, due_at=tomorrow)
    claim_next(Mail.objects.all(), now=tomorrow, lease=MINUTE)
    facts = [
        {"tries": 0, "next_try_at": tomorrow},  # a reminder
        {"tries": 3, "next_try_at": now + LONGEST_PAUSE},
        {"tries": 3, "next_try_at": HELD},
        {"tries": 3, "next_try_at": tomorrow, "failed_at": now},
    ]
    others = [MailFactory.create(booking=booking, **each) for each in facts]
    assert bring_forward(Mail.objects.all(), now=now) == 1
    assert claim() == taken
    assert [Mail.objects.get(pk=each.pk).next_try_at for each in others] == [
        each["next_try_at"] for each in facts
    ]
