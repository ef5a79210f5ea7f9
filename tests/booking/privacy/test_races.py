"""Races of real processes around erasing a client."""

from datetime import UTC, timedelta
from functools import partial

import pytest
from django.utils import timezone

from booking.acts.book import Client, book_slot
from booking.models import Booking
from booking.privacy.erase import erase_client
from booking.privacy.forget import forget_batch
from booking.privacy.personal import ERASED
from booking.upkeep.invariants import examine
from calendars.kit.tokens import make_token
from calendars.models import Calendar
from tests.booking.privacy.conftest import EMAIL
from tests.support.races.processes import race
from tests.support.world.factories import BookingFactory, CalendarFactory, ChangeFactory

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
ROUNDS = 4


@pytest.fixture
def open_calendar() -> Calendar:
    """Return a calendar that is open day and night, with a past booking of Cleo."""
    calendar = CalendarFactory.create(
        time_zone="UTC", hours=[(weekday, 0, 24 * 60) for weekday in range(7)]
    )
    booking = BookingFactory.create(calendar=calendar, starts_at=timezone.now() - 30 * DAY)
    ChangeFactory.create(booking=booking, message="Ill")
    return calendar


def test_booking_made_while_its_client_is_erased_is_kept_or_stops_the_erasure(
    open_calendar: Calendar,
) -> None:
    noon = timezone.now().astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    for n in range(ROUNDS):
        book = partial(
            book_slot,
            calendar=open_calendar,
            link=None,
            slot=noon + (n + 2) * DAY,
            client=Client(name="Cleo", email=EMAIL, time_zone="UTC", language="en"),
            nonce=make_token(),
            now=timezone.now(),
        )
        erase = partial(erase_client, email=EMAIL, owner=None, clear_notes=True, now=timezone.now())
        booked, erased = race([book, erase])
        assert booked == "ok"
        assert erased in {"ok", "ClientExpected"}
        [coming] = Booking.objects.upcoming(at=timezone.now())
        assert (coming.client_name, coming.client_email) == ("Cleo", EMAIL)
        past = Booking.objects.get(starts_at__lt=noon - DAY)
        if erased == "ClientExpected" and n == 0:
            assert past.erased_at is None
        Booking.objects.filter(pk=coming.pk).update(cancelled_at=timezone.now())
    assert list(examine()) == []


def test_client_who_is_erased_and_forgotten_at_once_is_erased_once(open_calendar: Calendar) -> None:
    owner = open_calendar.owner
    owner.forget_after_days = 1
    owner.save(update_fields=["forget_after_days"])
    erase = partial(erase_client, email=EMAIL, owner=owner, clear_notes=True, now=timezone.now())
    forget = partial(forget_batch, owner=owner, now=timezone.now())
    assert race([erase, forget, erase, forget]) == ["ok"] * 4
    booking = Booking.objects.get()
    assert (booking.client_name, booking.changes.get().message) == (ERASED, "")
    assert list(examine()) == []
