"""The client's own page of a booking: its confirmation, and what stays of it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from booking.access import find_booking, find_embedded_booking
from booking.decorators import framable, secret_address
from booking.forms import PageForm
from booking.ics import Entry, google_url, outlook_url, to_ics
from booking.models import Booking
from booking.page import View
from calendars.zones import find_zone


@secret_address
@require_safe
def manage(request: HttpRequest, token: str) -> HttpResponse:
    return _confirmation(request, find_booking(token))


@framable
@secret_address
@require_safe
def embed_booking(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The confirmation inside the frame in which the booking was made."""
    return _confirmation(request, find_embedded_booking(slug, token), embedded=True)


@secret_address
@require_safe
def booking_ics(request: HttpRequest, token: str) -> HttpResponse:
    booking = find_booking(token)
    response = HttpResponse(to_ics(entry_of(booking)), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="booking.ics"'
    return response


def entry_of(booking: Booking) -> Entry:
    """The client's calendar entry of their booking."""
    calendar = booking.calendar
    url = f"{settings.BASE_URL}{booking.get_absolute_url()}"
    return Entry(
        uid=f"{booking.uid}@quantix",
        title=_("%(calendar)s with %(owner)s")
        % {"calendar": calendar.name, "owner": calendar.owner.display_name},
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        made_at=booking.created_at,
        is_cancelled=not booking.is_live,
        location=calendar.location,
        description=url,
        url=url,
    )


def _confirmation(
    request: HttpRequest, booking: Booking, *, embedded: bool = False
) -> HttpResponse:
    zone = find_zone(booking.client_time_zone) or booking.calendar.zone
    now = timezone.now()
    view = View(now=now, zone=zone, clock=PageForm(request.GET).value("clock") or "24", kept={})
    entry = entry_of(booking)
    context = {
        "booking": booking,
        "calendar": booking.calendar,
        "view": view,
        "starts_at": booking.starts_at,
        "date": view.full_date(booking.starts_at),
        "times": view.times(booking.starts_at, booking.ends_at),
        "is_past": booking.ends_at <= now,
        "embedded": embedded,
        "ics_url": reverse("booking:booking_ics", args=[booking.manage_token]),
        "google_url": google_url(entry),
        "outlook_url": outlook_url(entry),
        "narrow": True,
        "body": "booking/_confirmation.html",
    }
    return render(request, "booking/page.html", context)
