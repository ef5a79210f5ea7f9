"""The styleguide: tokens and components on one page, made with the product's own templates.

It is for people who work on the look, and exists only with DEBUG. The client's components have
another stylesheet, so they are shown in frames.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from csp.constants import SELF
from csp.decorators import csp_replace
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from booking.client.forms import BookingForm
from booking.client.picker import Viewer, build_picker, instant_text
from booking.times.rules import rules_for
from booking.times.slots import Busy, Offer
from calendars.kit.fields import style_inputs
from calendars.models import Calendar, Colour, Owner
from calendars.schedule import Hours, Interval, Schedule
from onetime_links.listing import LinkListState, LinkRow
from onetime_links.models import OneTimeLink

ViewFunction = Callable[..., HttpResponseBase]

NOW = datetime(2026, 11, 9, 8, 20, tzinfo=UTC)
STEPS = (4, 8, 12, 16, 24, 32, 48, 64)
CLIENT_PARTS = ("pick", "fill_in", "paused")
# The samples have keys that no row of the database has.
FIRST_KEY = 2**31 - 10


def only_with_debug(view: ViewFunction) -> ViewFunction:
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.DEBUG:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


@only_with_debug
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    calendar = sample_calendar()
    context = {
        "tokens": read_tokens(),
        "colours": Colour,
        "steps": STEPS,
        "calendar": calendar,
        "form": sample_form(SampleForm),
        "wrong_form": sample_form(WrongForm),
        "links": LinkSample(rows=sample_links(calendar)),
        "samples": [
            Message(messages.SUCCESS, "Saved."),
            Message(messages.WARNING, "This calendar is paused."),
            Message(messages.ERROR, "That time is not free any more."),
        ],
        "client_parts": CLIENT_PARTS,
    }
    return render(request, "booking/upkeep/styleguide.html", context)


@only_with_debug
@require_safe
@xframe_options_sameorigin
@csp_replace({"frame-ancestors": [SELF]})  # type: ignore[arg-type]
def styleguide_client(request: HttpRequest, part: str) -> HttpResponse:
    if part not in CLIENT_PARTS:
        raise Http404
    calendar = sample_calendar()
    viewer = Viewer(now=NOW, zone=calendar.zone, clock="24", kept={})
    offer = sample_offer(calendar)
    slot = offer.search(NOW, 1)[0]
    context = {
        "layout": "booking/client/page.html",
        "calendar": calendar,
        "rules": offer.rules,
        "viewer": viewer,
        "zone_is_settled": True,
        "zones": None,
        "picker": build_picker(offer, viewer),
        "notice": "That time is not free. Please choose another.",
        "form": BookingForm(QueryDict("name=Jo"), questions=[]),
        "starts_at": slot,
        "date": viewer.date(slot),
        "times": viewer.times(slot, slot + offer.rules.duration),
        "hidden": {"at": instant_text(slot)},
    }
    return render(request, f"booking/client/{part}.html", context)


@dataclass(frozen=True)
class Tokens:
    """The tokens of `static/tokens.css`: names of raw colours, and meanings with their values."""

    raw: list[str]
    meanings: list[tuple[str, str]]
    others: list[tuple[str, str]]


def read_tokens() -> Tokens:
    css = Path(str(finders.find("tokens.css"))).read_text()
    raw, meaning = css.split("/* Step two")
    meaning = meaning.split("[data-colour")[0]
    return Tokens(
        raw=re.findall(r"--([\w-]+): #", raw.split("@media")[0]),
        meanings=re.findall(r"--([\w-]+): var\(--([\w-]+)\);", meaning),
        others=re.findall(r"--([\w-]+): (?!var)([^;]+);", meaning),
    )


class SampleForm(forms.Form):
    name = forms.CharField(label="Name", initial="Discovery call", help_text="Clients see it.")
    duration = forms.IntegerField(label="Duration", initial=30)
    address = forms.CharField(label="Address", initial="discovery-call")
    description = forms.CharField(
        label="Description", required=False, widget=forms.Textarea({"rows": 3})
    )
    place = forms.ChoiceField(label="Location", choices=[("video", "Video"), ("room", "Room 5")])
    colour = forms.ChoiceField(
        label="Colour", choices=Colour.choices, initial=Colour.GREEN, widget=forms.RadioSelect
    )
    off = forms.BooleanField(label="Day off", required=False)


class WrongForm(forms.Form):
    email = forms.EmailField(label="Email", help_text="We answer there.")
    date = forms.DateField(label="Date")


def sample_form(form_class: type[forms.Form]) -> forms.Form:
    data = QueryDict("email=nobody") if form_class is WrongForm else None
    form = form_class(data, auto_id="sample_%s")
    style_inputs(form)
    return form


@dataclass(frozen=True)
class LinkSample:
    """The part of a list of links that the template of a row uses."""

    rows: list[LinkRow]
    state: LinkListState = field(default_factory=LinkListState)


def sample_calendar() -> Calendar:
    owner = Owner(pk=FIRST_KEY, email="dana@example.com", display_name="Dana Reyes")
    return Calendar(
        pk=FIRST_KEY,
        owner=owner,
        name="Discovery call",
        slug="discovery-call",
        time_zone="Europe/Berlin",
        description="Half an hour to see whether we fit.",
        location="Video call",
    )


def sample_links(calendar: Calendar) -> list[LinkRow]:
    """Return one link of each status that needs no booking."""
    facts: dict[str, dict[str, datetime]] = {
        "Acme, Ms Ito": {"expires_at": NOW + timedelta(days=9)},
        "": {},
        "Spring campaign": {"expires_at": NOW - timedelta(days=1)},
        "Sent to the wrong address": {"revoked_at": NOW - timedelta(days=1)},
    }
    return [
        LinkRow(OneTimeLink(pk=FIRST_KEY + n, calendar=calendar, note=note, **dates), calendar, NOW)
        for n, (note, dates) in enumerate(facts.items())
    ]


def sample_offer(calendar: Calendar) -> Offer:
    weekly = {weekday: [Hours(9 * 60, 12 * 60), Hours(14 * 60, 17 * 60)] for weekday in range(5)}
    lunch = Interval(NOW + timedelta(days=2), NOW + timedelta(days=2, hours=3))
    schedule = Schedule(ZoneInfo(calendar.time_zone), weekly)
    return Offer(rules_for(calendar), schedule, Busy([lunch]), NOW)
