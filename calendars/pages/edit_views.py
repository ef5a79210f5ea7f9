"""The sections of the edit form, except Availability, which has a module of its own."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from calendars.access import calendar_of, find_or_404, in_turn, signed_in_owner
from calendars.errors import AddressTaken
from calendars.lifecycle import change_details
from calendars.models import Calendar
from calendars.pages.forms import BookingRulesForm, MeetingDetailsForm
from calendars.pages.question_forms import QuestionsForm
from calendars.public_addresses import address_prefix
from calendars.rules import change_questions, change_rules
from calendars.typed import form_of


def render_section(
    request: HttpRequest,
    section: str,
    *,
    calendar: Calendar,
    form: object,
    edited: bool = False,
    **context: object,
) -> HttpResponse:
    """Return the page of a section with its form.

    A form that was sent and is rendered here has not been saved: it was refused (422), or one of
    its own buttons only `edited` it (200).
    """
    sent = request.method == "POST"
    context |= {"calendar": calendar, "form": form, "unsaved": sent}
    status = 422 if sent and not edited else 200
    return render(request, f"calendars/pages/{section}.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@in_turn
def meeting_details(request: HttpRequest, slug: str) -> HttpResponse:
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    form = form_of(request, MeetingDetailsForm, instance=calendar)
    if form.is_valid():
        try:
            calendar = change_details(calendar=calendar, **form.changes)
        except AddressTaken as error:
            form.add_error("slug", str(error))
        else:
            messages.success(request, _("Meeting details saved."))
            return redirect("calendars:meeting_details", calendar.slug)
    return render_section(
        request, "meeting_details", calendar=calendar, form=form, address_prefix=address_prefix()
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@in_turn
def booking_rules(request: HttpRequest, slug: str) -> HttpResponse:
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    form = form_of(request, BookingRulesForm, instance=calendar)
    if form.is_valid():
        change_rules(calendar=calendar, **form.changes)
        messages.success(request, _("Booking rules saved."))
        return redirect("calendars:booking_rules", calendar.slug)
    return render_section(request, "booking_rules", calendar=calendar, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@in_turn
def booking_form(request: HttpRequest, slug: str) -> HttpResponse:
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    form = form_of(request, QuestionsForm, questions=calendar.questions)
    edited = form.edit()
    if request.method == "POST" and not edited and form.is_valid():
        if form.questions != calendar.questions:
            change_questions(calendar=calendar, questions=form.questions)
        messages.success(request, _("Booking form saved."))
        return redirect("calendars:booking_form", calendar.slug)
    return render_section(request, "booking_form", calendar=calendar, form=form, edited=edited)
