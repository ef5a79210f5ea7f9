"""The views in which an owner chooses a time, to move a booking or to enter one by hand."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking.access import booking_of
from booking.acts.announce import tells_client
from booking.acts.book import CalendarUnavailable, SlotTaken, enter_booking
from booking.acts.limits import ChangeRefused, Refusal, refuse_reschedule
from booking.acts.reschedule import reschedule_booking
from booking.models import Booking, Party
from booking.owner.booking_views import unchanged
from booking.owner.choosing import clock_remark, find_choice, find_what_is_in_the_way, remarks_on
from booking.owner.forms import CalendarForm, EntryForm, RescheduleForm, TimeForm, start_of
from booking.owner.history import when_text
from booking.owner.listing import MAX_CALENDARS
from calendars.access import find_or_404, signed_in_owner
from calendars.errors import TooOften
from calendars.kit.tokens import make_token
from calendars.kit.walltime import local_date
from calendars.models import Calendar, Occasion
from calendars.typed import form_of, waiting


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reschedule(request: HttpRequest, pk: int) -> HttpResponse:
    booking = find_or_404(booking_of, signed_in_owner(request), pk)
    now = timezone.now()
    if refusal := refuse_reschedule(booking, by=Party.OWNER, now=now):
        return unchanged(request, booking, refusal)
    form = form_of(
        request,
        RescheduleForm,
        booking=booking,
        now=now,
        initial={"date": start_of(request.GET).day or _date_of(booking)},
    )
    if form.is_ready:
        try:
            form.count(signed_in_owner(request))
            moved = reschedule_booking(booking=booking, by=Party.OWNER, now=now, **form.facts)
        except TooOften as error:
            form.put_off(error)
        except SlotTaken:
            form.outrun(_what_is_in_the_way(form, moving=booking))
        except ChangeRefused as error:
            if error.refusal != Refusal.OUTDATED:
                return unchanged(request, booking, error.refusal)
            booking = error.booking
            text = _("It was moved in the meantime, to %(when)s. Look again before you move it.")
            form.outrun(text % {"when": when_text(booking)})
        else:
            text = _("Rescheduled to %(when)s.") % {"when": when_text(moved)}
            return _done(request, moved, form, text, Occasion.RESCHEDULED)
    return _choose(request, "reschedule", form, moving=booking)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_booking(request: HttpRequest) -> HttpResponse:
    """Let the owner enter a booking by hand, for instance for someone on the phone."""
    owner = signed_in_owner(request)
    calendars = list(Calendar.objects.of(owner)[:MAX_CALENDARS])
    for calendar in calendars:
        calendar.owner = owner
    if not calendars:
        return render(request, "booking/owner/new_without_calendar.html")
    if request.method != "POST":
        return _begin_entry(request, calendars)
    return _enter(request, calendars)


def _begin_entry(request: HttpRequest, calendars: Sequence[Calendar]) -> HttpResponse:
    """Show the form, empty or filled in for one more booking of the same client."""
    carried, owner = waiting(request), calendars[0].owner
    start = start_of(carried.typed if carried else request.GET)
    again = start.again and Booking.objects.of(owner).filter(pk=start.again).first()
    wanted = again.calendar_id if again else start.calendar
    which = CalendarForm({"calendar": wanted or calendars[0].pk}, calendars=calendars)
    calendar = which.chosen
    initial = {"date": start.day, "token": make_token(), "time_zone": calendar.time_zone}
    if again:
        initial |= {
            "name": again.client_name,
            "email": again.client_email,
            "time_zone": again.client_time_zone,
        }
    form = form_of(request, EntryForm, calendar=calendar, now=timezone.now(), initial=initial)
    return _choose(request, "new_booking", form, which=which)


def _enter(request: HttpRequest, calendars: Sequence[Calendar]) -> HttpResponse:
    """Enter the booking and redirect to it, or show the form again with all that was typed."""
    now = timezone.now()
    which = CalendarForm(request.POST, calendars=calendars)
    calendar = which.chosen
    form = EntryForm(request.POST, calendar=calendar, now=now)
    is_ready = form.is_ready
    if which.errors:
        form.add_error(None, _("This calendar was deleted. Choose another one."))
    elif is_ready:
        facts = form.facts(language=calendar.owner.language)
        try:
            form.count(calendar.owner)
            booking = enter_booking(calendar=calendar, now=now, **facts)
        except TooOften as error:
            form.put_off(error)
        except SlotTaken:
            form.outrun(_what_is_in_the_way(form))
        except CalendarUnavailable:
            form.outrun(_("This calendar was deleted. Choose another one."))
        else:
            return _entered(request, booking, form)
    return _choose(request, "new_booking", form, which=which)


def _entered(request: HttpRequest, booking: Booking, form: EntryForm) -> HttpResponse:
    if not booking.is_live:
        # The form was sent again: the response was lost, or the browser's Back showed the form.
        messages.info(request, _("This booking was entered before, and has been cancelled since."))
        return redirect("booking:booking", booking.pk)
    words = {"name": booking.client_name, "when": when_text(booking)}
    text = _("%(name)s is booked for %(when)s.") % words
    return _done(request, booking, form, text, Occasion.BOOKED)


def _choose(
    request: HttpRequest,
    template: str,
    form: TimeForm,
    *,
    moving: Booking | None = None,
    **context: Any,
) -> HttpResponse:
    """Show the form, the free times of its date, and the remarks on the time chosen so far."""
    choice = find_choice(
        form.calendar,
        now=form.now,
        day=form.day,
        slot=form.starts_at,
        wall=form.wall,
        moving=moving,
    )
    form.initial["date"] = choice.free.day
    context |= {
        "form": form,
        "choice": choice,
        "calendar": form.calendar,
        "unsaved": request.method == "POST",
    }
    if moving:
        context |= {
            "booking": moving,
            "when": when_text(moving),
            "tells_client": tells_client(moving, Occasion.RESCHEDULED),
        }
    return render(request, f"booking/owner/{template}.html", context, status=form.status)


def _what_is_in_the_way(form: TimeForm, *, moving: Booking | None = None) -> str:
    names = find_what_is_in_the_way(form.calendar, form.instant, moving=moving)
    if names:
        return _("That time would overlap %(what)s.") % {"what": "; ".join(names)}
    return _("That time was taken for a moment. Try again.")


def _done(
    request: HttpRequest, booking: Booking, form: TimeForm, text: str, occasion: Occasion
) -> HttpResponse:
    """Redirect to the booking, and tell what was done and which rules for clients it ignored."""
    if tells_client(booking, occasion):
        text += " " + _("%(email)s gets an email.") % {"email": booking.client_email}
    messages.success(request, text)
    calendar, slot = form.calendar, booking.starts_at
    remarks = remarks_on(calendar, slot, now=form.now, moving=booking)
    if form.wall:
        remarks = [*clock_remark(form.wall, slot, calendar), *remarks]
    if remarks:
        messages.warning(request, " ".join(remarks))
    return redirect("booking:booking", booking.pk)


def _date_of(booking: Booking) -> date:
    return local_date(booking.starts_at, booking.calendar.zone)
