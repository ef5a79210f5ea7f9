"""The owner's bookings and time off by week and by month, on screen and on paper."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.owner.planner import (
    DAY,
    WEEK,
    PlannerDay,
    hours_shown,
    interval_of,
    month_of,
    place,
    week_of,
)
from booking.times.busy import items_of
from calendars.access import signed_in_owner, zones_of
from calendars.kit.walltime import YEARS, local_date
from calendars.models import Owner


class PlannerForm(forms.Form):
    """A form for the date whose week or month is shown: today if it is missing or invalid."""

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
        "current": "week",
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
        "current": "month",
        "days": _days(signed_in_owner(request), dates, context["zone"]),
        "weekdays": week_of(day),
        "first": dates[0],
        "last": dates[-1],
        "previous": (dates[0] - DAY).replace(day=1),
        "next": dates[-1] + DAY,
    }
    return render(request, "booking/owner/month.html", context)


def _asked(request: HttpRequest) -> tuple[date, dict[str, Any]]:
    """Return the date whose week or month is shown, and the context that both pages share."""
    zones = zones_of(signed_in_owner(request))
    zone = _chosen_zone(request.GET.get("tz"), zones)
    today = local_date(timezone.now(), zone)
    return PlannerForm(request.GET).day_or(today), {"zone": zone, "zones": zones, "today": today}


def _days(owner: Owner, dates: Sequence[date], zone: ZoneInfo) -> list[PlannerDay]:
    return place(items_of(owner.pk, interval_of(dates, zone)), dates, zone)


def _chosen_zone(asked: str | None, zones: list[str]) -> ZoneInfo:
    """Return the zone that was asked for if it is one of `zones`, or else the first of them."""
    return ZoneInfo(asked if asked in zones else zones[0])
