"""What an owner does with bookings; and the deletion of a calendar, which they may forbid."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from booking.access import get_booking
from booking.cancel import cancel_booking
from booking.deletion import HasUpcomingBookings, delete_calendar, upcoming_bookings
from booking.forms import DeletionForm
from booking.models import Booking
from calendars.access import get_calendar, signed_in_owner

PAGE_SIZE = 50


@login_required
@require_safe
def bookings(request: HttpRequest) -> HttpResponse:
    """Upcoming bookings of all the owner's calendars, the soonest first."""
    upcoming = (
        Booking.objects.of(signed_in_owner(request))
        .upcoming(at=timezone.now())
        .select_related("calendar", "one_time_link")
        .order_by("starts_at", "pk")
    )
    page = Paginator(upcoming, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "booking/bookings.html", {"page": page})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancellation(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks once, then cancels."""
    booking = get_booking(request, pk)
    if request.method != "POST":
        return render(request, "booking/cancellation.html", {"booking": booking})
    if cancel_booking(booking=booking, now=timezone.now()):
        text = _("The booking of %(name)s was cancelled. The time is free again.")
        messages.success(request, text % {"name": booking.client_name})
    else:
        messages.info(request, _("This booking was cancelled already."))
    return redirect("booking:bookings")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_deletion(request: HttpRequest, slug: str) -> HttpResponse:
    """Deletes a calendar whose name was typed, unless clients still count on it."""
    calendar, now = get_calendar(request, slug), timezone.now()
    form = DeletionForm(request.POST if request.method == "POST" else None, calendar=calendar)
    if form.is_valid():
        try:
            delete_calendar(calendar=calendar, now=now)
        except HasUpcomingBookings:
            form.add_error(None, _("Upcoming bookings must be cancelled first."))
        else:
            messages.success(request, _("“%(name)s” was deleted.") % {"name": calendar.name})
            return redirect("calendars:settings")
    upcoming = upcoming_bookings(calendar, now=now)
    context = {"calendar": calendar, "form": form, "upcoming": upcoming[:PAGE_SIZE]}
    return render(
        request, "booking/calendar_deletion.html", context, status=422 if form.errors else 200
    )
