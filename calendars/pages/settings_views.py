"""Calendar Settings: the list of calendars, and the actions of its menu."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from calendars.access import calendar_of, find_or_404, signed_in_owner
from calendars.errors import AddressTaken
from calendars.lifecycle import (
    create_calendar,
    duplicate_calendar,
    pause_calendar,
    resume_calendar,
)
from calendars.models import Calendar
from calendars.once import confirm, once
from calendars.pages.forms import NewCalendarForm
from calendars.public_addresses import address_prefix
from calendars.typed import form_of

CALENDARS_PER_PAGE = 30


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("calendars:settings" if request.user.is_authenticated else "calendars:sign_in")


@require_safe
@login_required
def settings(request: HttpRequest) -> HttpResponse:
    calendars = Calendar.objects.of(signed_in_owner(request))
    page = Paginator(calendars, CALENDARS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "calendars/pages/settings.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_calendar(request: HttpRequest) -> HttpResponse:
    owner = signed_in_owner(request)
    latest = Calendar.objects.of(owner).order_by("-created_at").first()
    initial = {"time_zone": latest.time_zone if latest else ""}
    form = form_of(request, NewCalendarForm, initial=initial)
    if form.is_valid():
        try:
            done = once(
                request,
                among=Calendar.objects.of(owner),
                act=lambda: create_calendar(owner=owner, **form.cleaned_data),
                now=timezone.now(),
            )
        except AddressTaken as error:
            form.add_error("slug", str(error))
        else:
            text = _("“%(name)s” was created. It is open Monday to Friday from 9:00 to 17:00.")
            confirm(request, done, text % {"name": done.made.name})
            return redirect("calendars:meeting_details", done.made.slug)
    context = {"form": form, "address_prefix": address_prefix()}
    return render(request, "calendars/pages/new.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def duplicate(request: HttpRequest, slug: str) -> HttpResponse:
    owner, now = signed_in_owner(request), timezone.now()
    calendar = find_or_404(calendar_of, owner, slug)
    try:
        done = once(
            request,
            among=Calendar.objects.of(owner),
            act=lambda: duplicate_calendar(calendar=calendar, now=now),
            now=now,
        )
    except AddressTaken:
        messages.error(request, _("Another calendar took the address just now. Try again."))
        return redirect("calendars:settings")
    text = _("“%(name)s” was created. It is paused until you resume it.")
    confirm(request, done, text % {"name": done.made.name})
    return redirect("calendars:meeting_details", done.made.slug)


@require_POST
@login_required
def pause(request: HttpRequest, slug: str) -> HttpResponse:
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    pause_calendar(calendar=calendar, now=timezone.now())
    messages.success(
        request, _("“%(name)s” is paused: it takes no bookings.") % {"name": calendar.name}
    )
    return redirect("calendars:settings")


@require_POST
@login_required
def resume(request: HttpRequest, slug: str) -> HttpResponse:
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    resume_calendar(calendar=calendar)
    messages.success(request, _("“%(name)s” takes bookings again.") % {"name": calendar.name})
    return redirect("calendars:settings")
