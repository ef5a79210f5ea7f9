from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.models import TimeOff
from booking.owner.time_off_forms import TimeOffForm
from booking.times.time_off import add_time_off, bookings_within, change_time_off, remove_time_off
from booking.timewords import span_text
from calendars.access import in_turn, signed_in_owner, zones_of
from calendars.once import Done, confirm, once
from calendars.typed import form_of

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
@in_turn
def new_time_off(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@in_turn
def edit_time_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Change time off. What was typed for one that was removed elsewhere is kept, and told."""
    owner = signed_in_owner(request)
    existing = TimeOff.objects.of(owner).filter(pk=pk).first()
    is_told = {"initial-first", "known_gone"} & request.POST.keys()
    # Another owner's is answered like one that was removed, or the answers would tell of it.
    if existing is None and not is_told:
        raise Http404
    return _edit(request, existing, is_gone=existing is None)


@login_required
@require_POST
@in_turn
def time_off_removal(request: HttpRequest, pk: int) -> HttpResponse:
    owner = signed_in_owner(request)
    # One that is not there is removed already, and another owner's is answered alike.
    there = TimeOff.objects.of(owner).filter(pk=pk).first()
    if there and request.POST.get("told", there.told) != there.told:
        text = _("Not removed, because it was changed elsewhere meanwhile. %(date_and_hours)s")
        now_text = f"{span_text(there.starts_at, there.ends_at, owner.zone)} {there.note}"
        messages.warning(request, text % {"date_and_hours": now_text.strip()})
        return redirect("booking:time_off")
    remove_time_off(host=owner, pk=pk)
    messages.success(request, _("Removed. Your hours apply again."))
    return redirect("booking:time_off")


def _edit(request: HttpRequest, existing: TimeOff | None, *, is_gone: bool = False) -> HttpResponse:
    owner, now = signed_in_owner(request), timezone.now()
    form = form_of(
        request,
        TimeOffForm,
        zones=zones_of(owner),
        now=now,
        existing=existing,
        is_gone=is_gone,
    )
    if form.is_valid():
        _confirm(request, _save(request, existing, form, now=now))
        return redirect("booking:time_off")
    context = {"form": form, "is_new": existing is None and not is_gone}
    return render(
        request, "booking/owner/time_off_edit.html", context, status=422 if form.errors else 200
    )


def _save(
    request: HttpRequest, existing: TimeOff | None, form: TimeOffForm, *, now: datetime
) -> Done[TimeOff]:
    owner, changes = signed_in_owner(request), form.changes
    if existing:
        return Done(change_time_off(time_off=existing, now=now, **changes))
    values: Any = changes  # all of them: nothing is stored
    return once(
        request,
        among=TimeOff.objects.of(owner).filter(starts_at=form.starts_at, ends_at=form.ends_at),
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
