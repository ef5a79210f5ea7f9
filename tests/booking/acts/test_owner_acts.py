"""Tests of the functions by which an owner enters a booking and notes who did not come."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.acts.book import CalendarUnavailable, Client, SlotTaken, enter_booking
from booking.acts.limits import ChangeRefused, Refusal
from booking.acts.no_show import NotBegun, mark_no_show
from booking.models import Act, Booking, Change, Party
from calendars.kit.tokens import make_token
from calendars.models import Calendar, Owner
from tests.support.world.factories import BookingFactory, CalendarFactory, TimeOffFactory

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SATURDAY_NIGHT = datetime(2027, 6, 5, 21, 7, tzinfo=UTC)
CLEO = Client(name="Cleo", email="", time_zone="Europe/Berlin", language="en")
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    return CalendarFactory.create(owner=olive, buffer_after_minutes=15, daily_cap=1)


def enter(calendar: Calendar, slot: datetime = SATURDAY_NIGHT, nonce: str = "") -> Booking:
    return enter_booking(
        calendar=calendar, slot=slot, client=CLEO, nonce=nonce or make_token(), now=NOW
    )


def test_owner_enters_a_booking_against_all_rules_but_overlap(
    calendar: Calendar, olive: Owner
) -> None:
    Calendar.objects.update(paused_at=NOW)
    booking = enter(calendar)
    assert (booking.starts_at, booking.ends_at) == (SATURDAY_NIGHT, SATURDAY_NIGHT + HALF_AN_HOUR)
    assert (booking.made_by_owner, booking.one_time_link, booking.client_email) == (True, None, "")
    # The buffer of the booking counts on every calendar of the owner.
    other = CalendarFactory.create(owner=olive)
    with pytest.raises(SlotTaken):
        enter(other, SATURDAY_NIGHT + timedelta(minutes=44))
    assert enter(other, SATURDAY_NIGHT + timedelta(minutes=45))


def test_owners_time_off_blocks_their_own_entries(calendar: Calendar, olive: Owner) -> None:
    TimeOffFactory.create(host=olive, starts_at=NOW, ends_at=SATURDAY_NIGHT + HALF_AN_HOUR)
    with pytest.raises(SlotTaken):
        enter(calendar)
    assert enter(calendar, SATURDAY_NIGHT + HALF_AN_HOUR)


def test_same_nonce_enters_one_booking(calendar: Calendar) -> None:
    assert enter(calendar, nonce="a" * 22) == enter(calendar, nonce="a" * 22)
    assert Booking.objects.count() == 1


def test_deleted_calendar_takes_no_entries(calendar: Calendar) -> None:
    Calendar.objects.update(deleted_at=NOW)
    with pytest.raises(CalendarUnavailable):
        enter(calendar)


def test_no_show_is_noted_once_and_taken_back(calendar: Calendar) -> None:
    booking = BookingFactory.create(calendar=calendar, starts_at=NOW - HALF_AN_HOUR)
    for no_show in (True, True, False, False):
        booking = mark_no_show(booking=booking, no_show=no_show, now=NOW)
        assert Booking.objects.get().no_show_at == (NOW if no_show else None)
    acts = [(change.act, change.by, change.sequence) for change in Change.objects.all()]
    assert acts == [(Act.NO_SHOW, Party.OWNER, None), (Act.NO_SHOW_UNDONE, Party.OWNER, None)]
    # The entry in the client's calendar stays the same, and nobody gets an email.
    assert booking.sequence == 0
    assert not booking.mails.exists()


def test_cancelled_booking_is_no_no_show(calendar: Calendar) -> None:
    booking = BookingFactory.create(
        calendar=calendar, starts_at=NOW - HALF_AN_HOUR, cancelled_at=NOW
    )
    with pytest.raises(ChangeRefused) as error:
        mark_no_show(booking=booking, no_show=True, now=NOW)
    assert error.value.refusal == Refusal.CANCELLED


def test_nobody_is_late_before_the_booking_begins(calendar: Calendar) -> None:
    booking = BookingFactory.create(calendar=calendar, starts_at=NOW + HALF_AN_HOUR)
    with pytest.raises(NotBegun):
        mark_no_show(booking=booking, no_show=True, now=NOW)
    assert not Change.objects.exists()
