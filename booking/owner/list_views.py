"""The owner's list of bookings, and its export as a table."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.owner.export import ROWS_AT_ONCE, to_csv
from booking.owner.forms import booking_list_state
from booking.owner.listing import BookingList
from booking.owner.queries import bookings_of
from calendars.access import signed_in_owner
from calendars.kit.languages import current_customs, each_speaking


@login_required
@require_safe
def bookings(request: HttpRequest) -> HttpResponse:
    """List upcoming, past or cancelled bookings of all the owner's calendars."""
    owner = signed_in_owner(request)
    bookings = BookingList(owner, booking_list_state(request.GET), now=timezone.now())
    return render(request, "booking/owner/bookings.html", {"bookings": bookings})


@login_required
@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Export all pages of the filtered list as CSV."""
    owner, state, now = signed_in_owner(request), booking_list_state(request.GET), timezone.now()
    rows = bookings_of(owner, state, now=now).order_by(state.order, "pk")
    # Only a piece of the table is in memory at a time: the driver reads the rows with a cursor.
    table = to_csv(rows.iterator(chunk_size=ROWS_AT_ONCE))
    response = StreamingHttpResponse(
        each_speaking(current_customs().tag, table), content_type="text/csv; charset=utf-8"
    )
    name = f"bookings-{state.show}-{now:%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
