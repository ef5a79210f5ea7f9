"""The Availability section: weekly hours, and overrides of single dates."""

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from calendars.access import calendar_of, find_or_404, in_turn, signed_in_owner
from calendars.kit.datetext import date_text
from calendars.kit.walltime import local_date
from calendars.models import Calendar, DateOverride
from calendars.pages.edit_views import render_section
from calendars.pages.hours_forms import OverrideForm, WeeklyHoursForm, override_text
from calendars.rules import (
    change_override,
    remove_overrides,
    replace_overrides,
    replace_weekly_hours,
)
from calendars.typed import form_of

OVERRIDES_PER_PAGE = 30


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@in_turn
def availability(request: HttpRequest, slug: str) -> HttpResponse:
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    form = form_of(request, WeeklyHoursForm, calendar=calendar)
    edited = form.is_bound and form.edit()
    if form.is_bound and not edited and form.is_valid():
        zone = form.cleaned_data["time_zone"]
        replace_weekly_hours(calendar=calendar, time_zone=zone, weekly=form.weekly, kept=form.kept)
        messages.success(request, _("Availability saved."))
        return redirect("calendars:availability", calendar.slug)
    return render_section(
        request,
        "availability",
        calendar=calendar,
        form=form,
        edited=edited,
        overrides=_upcoming_overrides(calendar, page=request.GET.get("page")),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@in_turn
def new_override(request: HttpRequest, slug: str) -> HttpResponse:
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    return _edit_override(request, calendar, None)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@in_turn
def override(request: HttpRequest, slug: str, day: date) -> HttpResponse:
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    existing = calendar.date_overrides.filter(date=day).first()
    # A page of before tells what it showed, and then gets back what was typed in it.
    if existing is None and "initial-first" not in request.POST:
        raise Http404
    return _edit_override(request, calendar, existing, day=day)


@require_POST
@login_required
@in_turn
def override_removal(request: HttpRequest, slug: str, day: date) -> HttpResponse:
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    there = calendar.date_overrides.filter(date=day).first()
    if there and request.POST.get("told", there.told) != there.told:
        text = _("Not removed, because it was changed elsewhere meanwhile. %(date_and_hours)s")
        messages.warning(request, text % {"date_and_hours": override_text(there)})
        return redirect("calendars:availability", calendar.slug)
    remove_overrides(calendar=calendar, dates=[day])
    messages.success(
        request,
        _("The weekly hours apply again on %(date)s.") % {"date": date_text(day, "yMMMMd")},
    )
    return redirect("calendars:availability", calendar.slug)


def _edit_override(
    request: HttpRequest, calendar: Calendar, existing: DateOverride | None, day: date | None = None
) -> HttpResponse:
    form = form_of(
        request,
        OverrideForm,
        calendar=calendar,
        today=_today_of(calendar),
        day=day,
        existing=existing,
    )
    edited = form.is_bound and form.edit()
    if form.is_bound and not edited and form.is_valid():
        replaced = _save_override(calendar, existing, form)
        messages.success(request, _saved_message(form.dates, replaced))
        return redirect("calendars:availability", calendar.slug)
    return render_section(request, "override", calendar=calendar, form=form, edited=edited, day=day)


def _save_override(
    calendar: Calendar, existing: DateOverride | None, form: OverrideForm
) -> list[date]:
    """Save what the form says, and return the dates on which another override was replaced."""
    now = timezone.now()
    if existing is None:
        if form.is_done:
            return []
        return replace_overrides(calendar=calendar, dates=form.dates, hours=form.hours, now=now)
    [day] = form.dates
    return change_override(override=existing, day=day, hours=form.hours, kept=form.kept, now=now)


def _upcoming_overrides(calendar: Calendar, *, page: str | None) -> Page[DateOverride]:
    overrides = calendar.date_overrides.filter(date__gte=_today_of(calendar))
    return Paginator(overrides.prefetch_related("hours"), OVERRIDES_PER_PAGE).get_page(page)


def _today_of(calendar: Calendar) -> date:
    return local_date(timezone.now(), calendar.zone)


def _saved_message(dates: list[date], replaced: list[date]) -> str:
    """Return the message for saved `dates`, of which `replaced` had an override before."""
    if len(dates) == 1:
        saved = _("Saved for %(date)s.") % {"date": date_text(dates[0], "yMMMMd")}
        also = _("It replaces what was set for that date before.")
        return f"{saved} {also}" if replaced else saved
    saved = ngettext("Saved for %(count)s date.", "Saved for %(count)s dates.", len(dates))
    saved %= {"count": len(dates)}
    also = ngettext(
        "It replaces what was set for %(count)s of them before.",
        "It replaces what was set for %(count)s of them before.",
        len(replaced),
    )
    also %= {"count": len(replaced)}
    return f"{saved} {also}" if replaced else saved
