"""Two workers at once: neither waits for a row that the other has in hand."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from booking.models import Mail
from calendars.outbox.leases import claim_next
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
