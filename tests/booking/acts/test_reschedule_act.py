"""Tests of what a move leaves as it was, and of a move that comes too late."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.acts.cancel import cancel_booking
from booking.acts.limits import ChangeRefused, Refusal
from booking.acts.reschedule import reschedule_booking
from booking.models import Booking, Party
from calendars.models import Calendar, Owner
from tests.support.world.factories import BookingFactory, CalendarFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SLOT = datetime(2026, 11, 24, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def booking(olive: Owner) -> Booking:
    calendar: Calendar = CalendarFactory.create(owner=olive)
    booked: Booking = BookingFactory.create(
        calendar=calendar, starts_at=SLOT, client_time_zone="Asia/Tokyo"
    )
    return booked


@pytest.mark.parametrize("by", Party)
def test_cancelled_booking_is_not_moved_to_its_own_time(booking: Booking, by: Party) -> None:
    """A booking at the wanted time is returned as it is, but only if it is still live."""
    cancel_booking(booking=booking, by=Party.OWNER, now=NOW)
    with pytest.raises(ChangeRefused) as error:
        reschedule_booking(booking=booking, slot=SLOT, by=by, now=NOW)
    assert error.value.refusal == Refusal.CANCELLED


def test_owners_move_keeps_the_clients_zone(booking: Booking) -> None:
    moved = reschedule_booking(booking=booking, slot=SLOT + HOUR, by=Party.OWNER, now=NOW)
    assert moved.client_time_zone == "Asia/Tokyo"
    booking.refresh_from_db()
    assert (booking.starts_at, booking.client_time_zone) == (SLOT + HOUR, "Asia/Tokyo")


def test_clients_move_may_bring_another_zone(booking: Booking) -> None:
    reschedule_booking(
        booking=booking,
        slot=SLOT + HOUR,
        by=Party.CLIENT,
        now=NOW,
        time_zone="America/New_York",
    )
    booking.refresh_from_db()
    assert booking.client_time_zone == "America/New_York"
