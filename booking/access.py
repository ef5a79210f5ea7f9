"""Access to bookings: clients have it by their token, and owners to their own bookings."""

from booking.models import Booking
from calendars.models import Owner


def find_booking(manage_token: str) -> Booking:
    """Return the booking that has `manage_token`. Raises Booking.DoesNotExist."""
    bookings = Booking.objects.select_related("calendar__owner", "host")
    return bookings.get(manage_token=manage_token)


def booking_of(owner: Owner, pk: int) -> Booking:
    """Return the owner's booking, with its link, its calendar and the calendar's owner set.

    Raises Booking.DoesNotExist.
    """
    bookings = Booking.objects.of(owner).select_related("calendar", "one_time_link")
    booking = bookings.get(pk=pk)
    booking.calendar.owner = owner
    return booking
