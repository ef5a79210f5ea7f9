from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.access import time_off_of
from booking.models import TimeOff
from booking.owner.time_off_forms import TimeOffForm, as_typed
from booking.times.time_off import add_time_off, bookings_within, change_time_off, remove_time_off
from booking.timewords import span_text
from calendars.access import find_or_404, signed_in_owner, zones_of
from calendars.once import Done, confirm, once

PAGE_SIZE = 50


@login_required
@require_safe
def time_off(request: HttpRequest) -> HttpResponse:
    """List the time off that is not over yet, the soonest first."""
    owner, now = signed_in_owner(request), timezone.now()
    zone = owner.zone
    page = Paginator(TimeOff.objects.of(owner).filter(ends_at__gt=now), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    rows = [(each, span_text(each.starts_at, each.ends_at, zone)) for each in page]
    return render(
        request, "booking/owner/time_off.html", {"page": page, "rows": rows, "zone": zone}
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_time_off(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_time_off(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, find_or_404(time_off_of, signed_in_owner(request), pk))


@login_required
@require_POST
def time_off_removal(request: HttpRequest, pk: int) -> HttpResponse:
    owner = signed_in_owner(request)
    if TimeOff.objects.exclude(host=owner).filter(pk=pk).exists():
        raise Http404
    remove_time_off(host=owner, pk=pk)
    messages.success(request, _("Removed. Your hours apply again."))
    return redirect("booking:time_off")


def _edit(request: HttpRequest, existing: TimeOff | None) -> HttpResponse:
    owner, now = signed_in_owner(request), timezone.now()
    zones = zones_of(owner)
    form = TimeOffForm(
        request.POST if request.method == "POST" else None,
        zones=zones,
        now=now,
        initial=as_typed(existing, ZoneInfo(zones[0])) if existing else None,
    )
    if form.is_valid():
        values: Any = {
            "starts_at": form.starts_at,
            "ends_at": form.ends_at,
            "note": form.cleaned_data["note"],
        }
        _confirm(request, _save(request, existing, now=now, **values))
        return redirect("booking:time_off")
    context = {"form": form, "existing": existing, "zones": zones}
    return render(
        request, "booking/owner/time_off_edit.html", context, status=422 if form.errors else 200
    )


def _save(
    request: HttpRequest, existing: TimeOff | None, *, now: datetime, **values: Any
) -> Done[TimeOff]:
    """Save the time off. One that was removed in another tab meanwhile is made anew."""
    owner = signed_in_owner(request)
    if existing:
        with suppress(TimeOff.DoesNotExist):
            return Done(change_time_off(time_off=existing, now=now, **values))
    return once(
        request,
        among=TimeOff.objects.of(owner).filter(
            starts_at=values["starts_at"], ends_at=values["ends_at"]
        ),
        act=lambda: add_time_off(host=owner, now=now, **values),
        now=now,
    )


def _confirm(request: HttpRequest, done: Done[TimeOff]) -> None:
    confirm(request, done, _("Saved. None of your calendars offers that time."))
    if count := bookings_within(done.made).count():
        text = ngettext(
            "%(count)d booking lies in it and stays: cancel or reschedule it in the list.",
            "%(count)d bookings lie in it and stay: cancel or reschedule them in the list.",
            count,
        )
        messages.warning(request, text % {"count": count})
