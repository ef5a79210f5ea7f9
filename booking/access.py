"""What an address gives access to: to clients by a token, to owners by who they are."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from booking.models import Booking
from calendars.access import signed_in_owner


def find_booking(manage_token: str) -> Booking:
    """The booking whose client knows `manage_token`, or Http404."""
    bookings = Booking.objects.select_related("calendar__owner")
    booking = bookings.filter(manage_token=manage_token).first()
    if booking is None:
        raise Http404
    return booking


def get_booking(request: HttpRequest, pk: int) -> Booking:
    """The signed-in owner's own booking, or Http404."""
    owner = signed_in_owner(request)
    bookings = Booking.objects.of(owner).select_related("calendar", "one_time_link")
    booking = get_object_or_404(bookings, pk=pk)
    booking.calendar.owner = owner
    return booking
