"""Every form of an owner in two tabs: an old page saves what was changed in it, and nothing else.

The forms are those that the owner's pages show, and the pages are those that the resolver knows.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import resolve

from calendars.models import Calendar, DateOverride, OverrideHours, Question
from tests.product import test_access_table as access
from tests.product.test_access_table import World
from tests.support.pages.parsing import text_of
from tests.support.pages.routes import every_route
from tests.support.pages.untouched import Fields, FoundForm, forms_of, untouched
from tests.support.races.volley import at_once

pytestmark = pytest.mark.django_db
world = access.world


@dataclass(frozen=True)
class Edit:
    """A form that changes something stored: what is typed into a field of it in two tabs.

    `told` is what the page says of that field after `elsewhere` was saved; `other` is another
    field of the form.
    """

    name: str
    elsewhere: list[str]
    here: list[str]
    told: str
    other: dict[str, list[str]] = field(default_factory=dict)


EDITS = {
    "/calendars/<slug>/meeting-details/": Edit(
        "name", ["Other"], ["Typed"], "Other", {"location": ["Room 3"]}
    ),
    "/calendars/<slug>/availability/": Edit(
        "0-start", ["08:00"], ["07:00"], "08:00–17:00", {"time_zone": ["Asia/Tokyo"]}
    ),
    "/calendars/<slug>/availability/overrides/<day>/": Edit(
        "hours-start", ["08:00"], ["07:00"], "08:00–12:00"
    ),
    "/calendars/<slug>/booking-rules/": Edit(
        "notice", ["3"], ["5"], "3 hours", {"daily_cap": ["4"]}
    ),
    "/calendars/<slug>/booking-form/": Edit(
        "question-0-label",
        ["Other"],
        ["Typed"],
        "Other · Short answer",
        {"question-1-label": ["More"]},
    ),
    "/calendars/<slug>/notifications/": Edit(
        "reminder_minutes:0", ["2"], ["3"], "2 days", {"personal_line": ["Ring"]}
    ),
    "/calendars/<slug>/one-time-links/<pk>/": Edit(
        "note", ["Other"], ["Typed"], "Other", {"expires_at": ["2199-01-02T09:00"]}
    ),
    "/bookings/time-off/<pk>/": Edit("note", ["Other"], ["Typed"], "Other", {"end": ["23:59"]}),
    "/profile/": Edit("display_name", ["Other"], ["Typed"], "Other", {"forget_after_days": ["90"]}),
}
# Forms that change nothing that they show: what they make or do instead.
OTHERS = {
    "/calendars/new/": "a calendar",
    "/calendars/<slug>/availability/overrides/new/": "overrides",
    "/calendars/<slug>/delete/": "the deletion of a calendar, whose name is typed",
    "/bookings/new/": "a booking",
    "/bookings/<pk>/reschedule/": "a move, which a booking moved elsewhere refuses",
    "/bookings/<pk>/cancellation/": "a cancellation, which a booking moved elsewhere refuses",
    "/bookings/time-off/new/": "time off",
    "/bookings/client-data/": "a search",
    "/profile/password/": "a password, which is not shown",
    "/sign-in/": "a session",
    "/sign-up/": "an owner",
    "/password-reset/": "an email",
    "/l/<token>/": "a client's form",
}
NOT_STORED = {"test_occasion", "current_password"}
# It follows from the hours, which are told.
DERIVED = {"day_off"}


@pytest.fixture
def stage(world: World) -> World:
    """The world with two questions, hours on its override, and a time off that lies ahead."""
    questions = [Question(label=label, kind="text", required=False) for label in ("Who", "Why")]
    Calendar.objects.update(questions=questions)
    override = DateOverride.objects.get()
    OverrideHours.objects.create(override=override, start_minute=540, end_minute=720)
    return world


def address_of(world: World, route: str) -> str:
    known = world.arguments(route, "owner")
    return re.sub(r"<(\w+)>", lambda part: str(known[part[1]]), route)


def typed_forms(world: World) -> Iterator[tuple[str, FoundForm]]:
    """Yield the forms of all pages of the owner that have something to type, by their routes."""
    for route in every_route():
        if route.startswith(("/admin/", "/styleguide/")):
            continue
        page = world.browser("owner").get(address_of(world, route))
        if page.status_code != 200 or not page.headers["Content-Type"].startswith("text/html"):
            continue
        for form in forms_of(page) if not page.streaming else ():
            if form.method == "post" and form.inputs:
                target = urlsplit(form.action).path or address_of(world, route)
                yield "/" + re.sub(r"<\w+:", "<", resolve(target).route), form


def test_every_form_is_declared(stage: World) -> None:
    """A new form must be added to `EDITS` if it changes what is stored, else to `OTHERS`."""
    found = {route for route, _form in typed_forms(stage)}
    assert sorted(found - EDITS.keys() - OTHERS.keys()) == []
    assert sorted(EDITS.keys() - found) == []


def test_every_form_that_changes_something_tells_what_it_shows(stage: World) -> None:
    for route, form in typed_forms(stage):
        if route not in EDITS:
            continue
        rows = {
            name for name in form.inputs if re.fullmatch(r"(\w+-(start|end|to)|question-.*)", name)
        }
        untold = {name for name in form.inputs - rows if f"initial-{name}" not in form.fields}
        assert untold <= NOT_STORED | DERIVED, route
        told = {name for name in form.fields if re.fullmatch(r"(\w+-)*drawn", name)}
        assert bool(rows) == bool(told), route


def page(client: Client, address: str, edit: Edit) -> Fields:
    return untouched(client.get(address), holding=edit.name)


def type_in(fields: Fields, name: str, values: list[str]) -> Fields:
    """Return the fields with other values in the first inputs of that name."""
    return {**fields, name: [*values, *fields[name][len(values) :]]}


@pytest.mark.parametrize("route", EDITS)
def test_old_tab_saves_only_what_was_typed_in_it(stage: World, route: str) -> None:
    edit, client, address = EDITS[route], stage.browser("owner"), address_of(stage, route)
    old = page(client, address, edit)
    newer = type_in(old, edit.name, edit.elsewhere)
    assert client.post(address, newer).status_code == 302
    saved = client.post(address, {**old, **edit.other})
    assert saved.status_code == 302, text_of(saved)
    now = page(client, address, edit)
    expected = {**type_in(now, edit.name, edit.elsewhere), **edit.other}
    assert now == expected


@pytest.mark.parametrize("route", EDITS)
def test_clash_is_told_and_what_was_typed_kept(stage: World, route: str) -> None:
    edit, client, address = EDITS[route], stage.browser("owner"), address_of(stage, route)
    old = page(client, address, edit)
    client.post(address, type_in(old, edit.name, edit.elsewhere))
    refused = client.post(address, type_in(old, edit.name, edit.here))
    assert refused.status_code == 422
    assert f"Changed elsewhere meanwhile: it is now “{edit.told}”." in text_of(refused)
    again = untouched(refused, holding=edit.name)
    assert again[edit.name][0] == edit.here[0]
    assert page(client, address, edit)[edit.name][0] == edit.elsewhere[0]
    assert client.post(address, again).status_code == 302
    assert page(client, address, edit)[edit.name][0] == edit.here[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("route", EDITS)
def test_of_two_tabs_that_save_at_once_one_is_told(stage: World, route: str) -> None:
    edit, address = EDITS[route], address_of(stage, route)
    clients = [stage.browser("owner") for _ in range(2)]
    old = page(clients[0], address, edit)
    sent = [type_in(old, edit.name, values) for values in (edit.elsewhere, edit.here)]
    tabs: list[Any] = [
        partial(client.post, address, fields) for client, fields in zip(clients, sent, strict=True)
    ]
    assert sorted(answer.status_code for answer in at_once(tabs)) == [302, 422]
