from datetime import datetime

from django.db import transaction

from booking.models import Booking, BookingQuerySet
from calendars.locks import lock_hosts
from calendars.models import Calendar


class HasUpcomingBookings(Exception):
    """The calendar was not deleted: the clients of its upcoming live bookings count on it."""


def delete_calendar(*, calendar: Calendar, now: datetime) -> None:
    """Delete the calendar for its owner and the public; bookings and links stay on record.

    One that is deleted already stays so. Raises HasUpcomingBookings.
    """
    with transaction.atomic():
        # With the lock, no booking can be made between the check and the deletion.
        lock_hosts(calendar.host_ids)
        if upcoming_bookings(calendar, now=now).exists():
            raise HasUpcomingBookings
        existing = Calendar.objects.filter(pk=calendar.pk, deleted_at=None)
        existing.update(deleted_at=now)


def upcoming_bookings(calendar: Calendar, *, now: datetime) -> BookingQuerySet:
    bookings = Booking.objects.filter(calendar=calendar).upcoming(at=now)
    return bookings.select_related("calendar", "one_time_link")
