"""What gives access to bookings: to clients their token, to owners that they are theirs."""

from booking.models import Booking, TimeOff
from calendars.models import Owner


def find_booking(manage_token: str) -> Booking:
    """Return the booking whose client knows `manage_token`. Raises Booking.DoesNotExist."""
    bookings = Booking.objects.select_related("calendar__owner", "host")
    return bookings.get(manage_token=manage_token)


def booking_of(owner: Owner, pk: int) -> Booking:
    """Return the owner's booking, with its calendar, whose owner is set, and its link.

    Raises Booking.DoesNotExist.
    """
    bookings = Booking.objects.of(owner).select_related("calendar", "one_time_link")
    booking = bookings.get(pk=pk)
    booking.calendar.owner = owner
    return booking


def time_off_of(owner: Owner, pk: int) -> TimeOff:
    """Return the owner's time off. Raises TimeOff.DoesNotExist."""
    return TimeOff.objects.of(owner).get(pk=pk)
