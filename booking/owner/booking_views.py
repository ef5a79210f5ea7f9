"""The page of one booking for its owner, and their actions on it. `time_views` moves it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.access import booking_of
from booking.acts.announce import tells_client
from booking.acts.cancel import cancel_booking
from booking.acts.limits import ChangeRefused, Refusal, refuse_cancellation, refuse_reschedule
from booking.acts.no_show import NotBegun, mark_no_show
from booking.acts.replace_link import (
    NothingToReplace,
    find_replacement,
    may_replace_link,
    replace_link,
)
from booking.models import Booking, Party
from booking.owner.forms import CancellationForm
from booking.owner.history import History, erased_on, when_text
from booking.owner.listing import BookingRow
from booking.times.rules import rules_for
from calendars.access import find_or_404, signed_in_owner
from calendars.errors import TooOften
from calendars.models import Occasion
from calendars.typed import form_of
from onetime_links.listing import LinkListState


@login_required
@require_safe
def booking(request: HttpRequest, pk: int) -> HttpResponse:
    booking = find_or_404(booking_of, signed_in_owner(request), pk)
    now = timezone.now()
    context = {
        "booking": booking,
        "rules": rules_for(booking.calendar, booking=booking),
        "row": BookingRow(booking, now),
        "when": when_text(booking),
        "history": History(booking, now=now),
        "erased_on": erased_on(booking),
        "may_cancel": refuse_cancellation(booking, by=Party.OWNER, now=now) is None,
        "may_reschedule": refuse_reschedule(booking, by=Party.OWNER, now=now) is None,
        "may_replace_link": may_replace_link(booking),
        "replacement": find_replacement(booking, now=now),
    }
    return render(request, "booking/owner/booking.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancellation(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a confirmation and a message to the client, then cancel the booking."""
    booking = find_or_404(booking_of, signed_in_owner(request), pk)
    now = timezone.now()
    if refusal := refuse_cancellation(booking, by=Party.OWNER, now=now):
        return unchanged(request, booking, refusal)
    form = form_of(request, CancellationForm)
    if form.is_valid():
        try:
            form.count(signed_in_owner(request))
            cancel_booking(booking=booking, by=Party.OWNER, now=now, **form.cleaned_data)
        except TooOften as error:
            form.put_off(error)
        except ChangeRefused as error:
            if error.refusal != Refusal.OUTDATED:
                return unchanged(request, booking, error.refusal)
            booking = error.booking
            text = _("It was moved in the meantime, to %(when)s. Do you still want to cancel it?")
            form.outrun(text % {"when": when_text(booking)})
        else:
            text = _("The booking of %(name)s was cancelled. The time is free again.")
            messages.success(request, text % {"name": booking.client_name})
            return redirect("booking:booking", pk)
    return _ask_to_cancel(request, booking, form)


def _ask_to_cancel(request: HttpRequest, booking: Booking, form: CancellationForm) -> HttpResponse:
    context = {
        "booking": booking,
        "when": when_text(booking),
        "form": form,
        "tells_client": tells_client(booking, Occasion.CANCELLED),
    }
    return render(request, "booking/owner/cancellation.html", context, status=form.status)


def unchanged(request: HttpRequest, booking: Booking, refusal: Refusal) -> HttpResponse:
    """Return a redirect to the booking's page, which says why the booking stays as it is."""
    messages.info(request, refusal.label)
    return redirect("booking:booking", booking.pk)


@login_required
@require_POST
def no_show(request: HttpRequest, pk: int) -> HttpResponse:
    return _mark(request, pk, no_show=True)


@login_required
@require_POST
def undo_no_show(request: HttpRequest, pk: int) -> HttpResponse:
    return _mark(request, pk, no_show=False)


def _mark(request: HttpRequest, pk: int, *, no_show: bool) -> HttpResponse:
    booking = find_or_404(booking_of, signed_in_owner(request), pk)
    name = {"name": booking.client_name}
    try:
        mark_no_show(booking=booking, no_show=no_show, now=timezone.now())
    except ChangeRefused as error:
        messages.info(request, error.refusal.label)
    except NotBegun:
        messages.info(request, _("This booking has not begun yet."))
    else:
        text = _("%(name)s did not come: noted.") if no_show else _("%(name)s came after all.")
        messages.success(request, text % name)
    return redirect("booking:booking", pk)


@login_required
@require_POST
def new_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a one-time link in place of the one that a cancelled booking used up."""
    booking = find_or_404(booking_of, signed_in_owner(request), pk)
    try:
        link = replace_link(booking=booking, now=timezone.now())
    except NothingToReplace:
        raise Http404 from None
    return redirect(LinkListState(made=link.pk).url(booking.calendar))
