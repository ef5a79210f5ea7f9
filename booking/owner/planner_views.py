"""The owner's bookings and time off by week and by month, on screen and on paper."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from booking.models import Booking, TimeOff
from booking.owner.planner import (
    DAY,
    WEEK,
    Day,
    Item,
    hours_shown,
    interval_of,
    month_of,
    place,
    week_of,
)
from calendars.access import signed_in_owner, zones_of
from calendars.kit.walltime import local_date
from calendars.models import Owner
from calendars.schedule import Interval

YEARS = range(2000, 2200)
# A booking lasts a day at most: what reaches into an interval began no sooner before it.
REACH = timedelta(days=2)


class PlannerForm(forms.Form):
    """Which date the week or month is of. Empty, or nonsense: today."""

    day = forms.DateField(input_formats=["%Y-%m-%d"])

    def day_or(self, today: date) -> date:
        if self.is_valid() and self.cleaned_data["day"].year in YEARS:
            day: date = self.cleaned_data["day"]
            return day
        return today


@login_required
@require_safe
def week(request: HttpRequest) -> HttpResponse:
    day, context = _asked(request)
    dates = week_of(day)
    days = _days(signed_in_owner(request), dates, context["zone"])
    context |= {
        "days": days,
        "hours": hours_shown(days),
        "first": dates[0],
        "last": dates[-1],
        "previous": dates[0] - WEEK,
        "next": dates[0] + WEEK,
    }
    return render(request, "booking/owner/week.html", context)


@login_required
@require_safe
def month(request: HttpRequest) -> HttpResponse:
    day, context = _asked(request)
    dates = month_of(day)
    context |= {
        "days": _days(signed_in_owner(request), dates, context["zone"]),
        "weekdays": week_of(day),
        "first": dates[0],
        "last": dates[-1],
        "previous": (dates[0] - DAY).replace(day=1),
        "next": dates[-1] + DAY,
    }
    return render(request, "booking/owner/month.html", context)


def _asked(request: HttpRequest) -> tuple[date, dict[str, Any]]:
    """The date that the page is of, and what both pages show beside it."""
    zones = zones_of(signed_in_owner(request))
    zone = _chosen_zone(request.GET.get("tz"), zones)
    today = local_date(timezone.now(), zone)
    return PlannerForm(request.GET).day_or(today), {"zone": zone, "zones": zones, "today": today}


def _days(owner: Owner, dates: Sequence[date], zone: ZoneInfo) -> list[Day]:
    interval = interval_of(dates, zone)
    return place([*_bookings(owner, interval), *_time_off(owner, interval)], dates, zone)


def _bookings(owner: Owner, interval: Interval) -> list[Item]:
    bookings = Booking.objects.of(owner).live().select_related("calendar")
    return [
        Item(
            start=booking.starts_at,
            end=booking.ends_at,
            label=booking.client_name,
            facts=booking.calendar.name,
            url=reverse("booking:booking", args=[booking.pk]),
            colour=booking.calendar.colour,
        )
        for booking in bookings.filter(
            starts_at__gt=interval.start - REACH,
            starts_at__lt=interval.end,
            ends_at__gt=interval.start,
        )
    ]


def _time_off(owner: Owner, interval: Interval) -> list[Item]:
    return [
        Item(start=each.starts_at, end=each.ends_at, label=_("Time off"), facts=each.note)
        for each in TimeOff.objects.of(owner).blocking(interval)
    ]


def _chosen_zone(asked: str | None, zones: list[str]) -> ZoneInfo:
    """The one of `zones` that was asked for, else the first."""
    return ZoneInfo(asked if asked in zones else zones[0])
