"""Races of an owner who enters a booking by hand: a form sent twice, a calendar that is deleted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from time import sleep

import pytest
from django.db import transaction
from django.utils import timezone

from booking.acts.book import Client, enter_booking
from booking.models import Booking
from calendars.kit.tokens import make_token
from calendars.locks import lock_hosts
from calendars.models import Calendar
from tests.support.races.processes import FORK, race
from tests.support.world.factories import CalendarFactory

pytestmark = pytest.mark.django_db(transaction=True)

CLEO = Client(name="Cleo", email="", time_zone="UTC", language="en")
ROUNDS = 6


@pytest.fixture
def calendar() -> Calendar:
    made: Calendar = CalendarFactory.create(time_zone="UTC")
    return made


@pytest.fixture
def slot() -> datetime:
    day = timezone.now().astimezone(UTC) + timedelta(days=3)
    return day.replace(hour=12, minute=0, second=0, microsecond=0)


def entry(calendar: Calendar, slot: datetime, nonce: str) -> Callable[[], Booking]:
    now = timezone.now()
    return partial(enter_booking, calendar=calendar, slot=slot, client=CLEO, nonce=nonce, now=now)


def test_two_clicks_of_one_form_enter_one_booking(calendar: Calendar, slot: datetime) -> None:
    for number in range(ROUNDS):
        form = entry(calendar, slot + number * timedelta(hours=1), make_token())
        assert race([form] * 2) == ["ok", "ok"]
        assert Booking.objects.count() == number + 1


def test_entry_that_waited_for_a_deletion_is_refused(calendar: Calendar, slot: datetime) -> None:
    """What the entry goes by is read after it got the lock, not before."""
    locked = FORK.Event()

    def delete_slowly() -> None:
        with transaction.atomic():
            lock_hosts(calendar.host_ids)
            locked.set()
            sleep(0.5)  # meanwhile the entry begins, and waits
            Calendar.objects.filter(pk=calendar.pk).update(deleted_at=timezone.now())

    def enter_meanwhile() -> None:
        assert locked.wait(30)
        entry(calendar, slot, make_token())()

    assert race([delete_slowly, enter_meanwhile]) == ["ok", "CalendarUnavailable"]
    assert not Booking.objects.exists()
