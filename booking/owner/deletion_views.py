from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking.acts.delete_calendar import HasUpcomingBookings, delete_calendar, upcoming_bookings
from booking.owner.deletion_forms import DeletionForm
from booking.owner.listing import days_of
from calendars.access import (
    calendar_of,
    calendar_or_deleted_of,
    find_or_404,
    signed_in_owner,
)
from calendars.typed import form_of

# How many of the bookings that prevent the deletion are shown.
PAGE_SIZE = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_deletion(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete a calendar whose name was typed, unless it has upcoming bookings."""
    # The second click of a double click finds the calendar deleted, and is answered as the first.
    find = calendar_or_deleted_of if request.method == "POST" else calendar_of
    calendar = find_or_404(find, signed_in_owner(request), slug)
    now = timezone.now()
    form = form_of(request, DeletionForm, calendar=calendar)
    if form.is_valid():
        try:
            delete_calendar(calendar=calendar, now=now)
        except HasUpcomingBookings:
            form.add_error(None, _("Upcoming bookings must be cancelled first."))
        else:
            messages.success(request, _("“%(name)s” was deleted.") % {"name": calendar.name})
            return redirect("calendars:settings")
    upcoming = upcoming_bookings(calendar, now=now)
    context = {"calendar": calendar, "form": form, "days": days_of(upcoming[:PAGE_SIZE], now=now)}
    return render(
        request, "booking/owner/calendar_deletion.html", context, status=422 if form.errors else 200
    )
