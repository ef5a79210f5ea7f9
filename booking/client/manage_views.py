"""The views of a client's booking: its own page, and those on which they move or cancel it."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from booking.access import find_booking
from booking.acts.book import SlotTaken
from booking.acts.cancel import cancel_booking
from booking.acts.limits import ChangeRefused, Refusal, refuse_cancellation
from booking.acts.reschedule import reschedule_booking
from booking.client.entrance import find_embedded_booking
from booking.client.manage_forms import CancellationForm, RescheduleForm
from booking.client.manage_page import ask_to_cancel, client_viewer, nothing_changed, show_booking
from booking.client.reschedule_visit import RescheduleVisit
from booking.client.visit import FRAGMENT_HEADER, lead_to, send_again_later
from booking.decorators import framable, same_origin_only, secret_address
from booking.entries import entry_of
from booking.ics import to_ics
from booking.models import Booking, Party
from calendars.access import find_or_404
from calendars.errors import TooOften
from calendars.throttling.client_address import client_address
from calendars.throttling.throttle import count


@secret_address
@require_safe
def manage(request: HttpRequest, token: str) -> HttpResponse:
    return show_booking(request, find_or_404(find_booking, token), now=timezone.now())


@framable
@secret_address
@require_safe
def embed_booking(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Show the confirmation inside the frame in which the booking was made."""
    booking = find_embedded_booking(slug, token)
    return show_booking(request, booking, now=timezone.now(), embedded=True)


@secret_address
@require_safe
def booking_ics(request: HttpRequest, token: str) -> HttpResponse:
    booking = find_or_404(find_booking, token)
    response = HttpResponse(to_ics(entry_of(booking)), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="booking.ics"'
    return response


@secret_address
@same_origin_only
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers(FRAGMENT_HEADER)
def reschedule(request: HttpRequest, token: str) -> HttpResponse:
    """Show the picker, then the form for the slot chosen in it. A POST moves the booking."""
    visit = RescheduleVisit(request, find_or_404(find_booking, token))
    if request.method != "POST":
        return visit.unavailable() or visit.show()
    form = RescheduleForm(request.POST, owner=visit.owner_name)
    slot = form.slot
    try:
        _count(request, visit.moving)
    except TooOften as error:
        return visit.too_often(slot, form, error)
    if slot is None or form.chooses:
        return visit.let_choose(slot, form)
    if not form.is_valid():
        notice = "" if form.is_dated else _("This page was out of date. Please confirm once more.")
        return visit.unavailable() or visit.give_back(slot, form, notice=notice, status=422)
    # `visit.unavailable()` is not asked first: if this very form has moved the booking before, that
    # move is the answer, even if the booking cannot be moved any more.
    return _move(visit, form, slot)


def _count(request: HttpRequest, booking: Booking) -> None:
    """Count the form against the limits of the booking page. Raises TooOften.

    A manage link counts as a link.
    """
    count(bookings_per_address=client_address(request), bookings_per_link=f"manage {booking.pk}")


def _move(visit: RescheduleVisit, form: RescheduleForm, slot: datetime) -> HttpResponse:
    try:
        booking = reschedule_booking(
            booking=visit.moving,
            slot=slot,
            by=Party.CLIENT,
            now=visit.now,
            time_zone=visit.viewer.zone.key,
            **form.facts,
        )
    except SlotTaken:
        return visit.slot_taken(slot, form)
    except ChangeRefused as error:
        visit = RescheduleVisit(visit.request, error.booking)
        notice = _("Your booking was changed in the meantime. Do you still want the new time?")
        return visit.unavailable() or visit.give_back(slot, form, notice=notice, status=409)
    return lead_to(visit.request, booking.get_absolute_url(), visit.viewer)


@secret_address
@same_origin_only
@require_http_methods(["GET", "HEAD", "POST"])
def cancellation(request: HttpRequest, token: str) -> HttpResponse:
    """Ask the client to confirm. A POST cancels the booking."""
    booking, now = find_or_404(find_booking, token), timezone.now()
    form = CancellationForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        try:
            _count(request, booking)
        except TooOften as error:
            return _cancel_later(request, booking, form, error, now=now)
    if form.is_valid():
        return _cancel(request, booking, form, now=now)
    if refuse_cancellation(booking, by=Party.CLIENT, now=now):
        return nothing_changed(request, booking, now=now) if form.is_bound else redirect(booking)
    notice = "" if form.is_dated else _("This page was out of date. Please confirm once more.")
    return ask_to_cancel(
        request, booking, form, now=now, notice=notice, status=422 if form.errors else 200
    )


def _cancel_later(
    request: HttpRequest,
    booking: Booking,
    form: CancellationForm,
    error: TooOften,
    *,
    now: datetime,
) -> HttpResponse:
    notice = send_again_later(error)
    response = ask_to_cancel(request, booking, form, now=now, notice=notice, status=429)
    response["Retry-After"] = str(error.seconds)
    return response


def _cancel(
    request: HttpRequest, booking: Booking, form: CancellationForm, *, now: datetime
) -> HttpResponse:
    try:
        cancel_booking(booking=booking, by=Party.CLIENT, now=now, **form.facts)
    except ChangeRefused as error:
        booking = error.booking
        if error.refusal == Refusal.OUTDATED:
            notice = _("Your booking was changed in the meantime. Do you still want to cancel it?")
            return ask_to_cancel(request, booking, form, now=now, notice=notice, status=409)
        if error.refusal != Refusal.CANCELLED:
            return nothing_changed(request, booking, now=now)
    return lead_to(request, booking.get_absolute_url(), client_viewer(request, booking, now=now))
