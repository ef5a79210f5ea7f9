"""Tests of what the database itself refuses, whatever the code does."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from booking.guards import GUARDS, guards_in_place
from booking.models import Booking
from calendars.models import Calendar
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def calendar() -> Calendar:
    return CalendarFactory.create(duration_minutes=60)


def test_guards_are_there_after_all_migrations() -> None:
    assert guards_in_place() == GUARDS[connection.vendor]


@pytest.mark.django_db(transaction=True)
def test_host_has_its_name_without_a_change_of_the_database(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The migration runs no SQL: on SQLite it would rebuild the table, which loses its triggers."""
    call_command("sqlmigrate", "booking", "0007", no_color=True)
    statements = [line for line in capsys.readouterr().out.splitlines() if line[:2] != "--"]
    assert statements == ["BEGIN;", "COMMIT;"]


@pytest.mark.parametrize("offset", [timedelta(), HOUR / 2, -HOUR / 2])
def test_overlapping_live_bookings_are_refused(calendar: Calendar, offset: timedelta) -> None:
    other = CalendarFactory.create(owner=calendar.owner, duration_minutes=60)
    BookingFactory.create(calendar=calendar, starts_at=START)
    with pytest.raises(IntegrityError), transaction.atomic():
        BookingFactory.create(calendar=other, starts_at=START + offset)


def test_overlap_by_buffers_is_refused(calendar: Calendar) -> None:
    BookingFactory.create(calendar=calendar, starts_at=START, blocked_until=START + 1.25 * HOUR)
    with pytest.raises(IntegrityError), transaction.atomic():
        BookingFactory.create(calendar=calendar, starts_at=START + HOUR)


def test_touching_cancelled_and_foreign_bookings_are_fine(calendar: Calendar) -> None:
    BookingFactory.create(calendar=calendar, starts_at=START)
    BookingFactory.create(calendar=calendar, starts_at=START + HOUR)
    BookingFactory.create(calendar=calendar, starts_at=START - HOUR)
    BookingFactory.create(calendar=calendar, starts_at=START, cancelled_at=START)
    BookingFactory.create(starts_at=START)
    assert Booking.objects.count() == 5


@pytest.mark.parametrize("length", [1, 3, 20])
def test_overlap_among_many_is_refused_and_nothing_else(calendar: Calendar, length: int) -> None:
    """SQLite's guard finds every overlap, although it looks at only one other booking.

    That is the first booking that ends after the start of the new one.
    """
    taken = {0, 4, 6, 10}
    for hours in taken:
        BookingFactory.create(calendar=calendar, starts_at=START + hours * HOUR)
    for hours in range(-length - 1, 12):
        start = START + hours * HOUR
        booking = BookingFactory.build(
            calendar=calendar, starts_at=start, blocked_until=start + length * HOUR
        )
        overlaps = not taken.isdisjoint(range(hours, hours + length))
        assert is_refused(booking) == overlaps, hours


def is_refused(booking: Booking) -> bool:
    """Return whether the database refuses the booking, and roll it back in any case."""
    try:
        with transaction.atomic():
            booking.save()
            transaction.set_rollback(True)
    except IntegrityError:
        return True
    return False


def test_update_into_an_overlap_is_refused(calendar: Calendar) -> None:
    BookingFactory.create(calendar=calendar, starts_at=START)
    moved = BookingFactory.create(calendar=calendar, starts_at=START + 3 * HOUR)
    revived = BookingFactory.create(calendar=calendar, starts_at=START, cancelled_at=START)
    bookings = Booking.objects.filter(pk=moved.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        bookings.update(
            starts_at=START, ends_at=START + HOUR, blocked_from=START, blocked_until=START + HOUR
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Booking.objects.filter(pk=revived.pk).update(cancelled_at=None)
    bookings.update(blocked_until=START + 5 * HOUR)  # a booking may overlap its own old times


def test_second_booking_of_a_link_is_refused(calendar: Calendar) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar)
    BookingFactory.create(
        calendar=calendar, one_time_link=link, starts_at=START, cancelled_at=START
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        BookingFactory.create(calendar=calendar, one_time_link=link, starts_at=START + 5 * HOUR)


@pytest.mark.parametrize(
    "facts",
    [
        {"ends_at": START},
        {"ends_at": START - HOUR},
        {"blocked_from": START + HOUR / 2},
        {"blocked_until": START + HOUR / 2},
    ],
)
def test_times_that_make_no_sense_are_refused(calendar: Calendar, facts: dict) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        BookingFactory.create(calendar=calendar, starts_at=START, **facts)


def test_nonce_is_kept_unique(calendar: Calendar) -> None:
    BookingFactory.create(calendar=calendar, starts_at=START, nonce="n" * 22)
    with pytest.raises(IntegrityError), transaction.atomic():
        BookingFactory.create(calendar=calendar, starts_at=START + 5 * HOUR, nonce="n" * 22)


def test_what_a_booking_needs_cannot_be_deleted(calendar: Calendar) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar)
    BookingFactory.create(calendar=calendar, one_time_link=link, starts_at=START)
    for needed in (link, calendar, calendar.owner):
        with pytest.raises(ProtectedError):
            needed.delete()
