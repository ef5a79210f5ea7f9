"""Every form of an owner that comes after the session has ended: nothing changes or is lost."""

import logging
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from limits import parse_many

from calendars.accounts.confirmation import make_confirmation_token
from calendars.models import Owner
from tests.product.test_access_table import taken_back, word, writes
from tests.support.pages.forms import Form, forms_of
from tests.support.pages.parsing import text_of
from tests.support.pages.routes import every_route
from tests.support.pages.screens import ADMIN, CLIENT_DATA, SCREENS
from tests.support.pages.signing_out import (
    NOTHING_CHANGED,
    STILL_HERE,
    browser_of,
    come_back,
    open_form,
    send,
)
from tests.support.world.conditions import World
from tests.support.world.factories import BookingFactory

pytestmark = pytest.mark.django_db
# Another calendar has other questions, and the days to copy hours to are no content.
KEPT = {"calendar", *(f"{day}-to" for day in range(7))}
ALL_CLIENTS_DATA = "/staff/client-data/"
ARGUMENTS = {"pk": "1", "day": "2030-01-01", "number": "0"}


@pytest.fixture
def world(settings: Any, caplog: pytest.LogCaptureFixture) -> World:
    # An entry in the log for each of hundreds of refusals would bury the fault.
    caplog.set_level(logging.ERROR, "django.request")
    settings.LIMITS = {**settings.LIMITS, "sign_ins_per_address": parse_many("999 per minute")}
    world = World.make()
    past = timezone.now() - timedelta(days=20)
    BookingFactory.create(calendar=world.call, client_email="mo@example.com", starts_at=past)
    Owner.objects.filter(pk=world.olive.pk).update(unconfirmed_email="new@example.com")
    world.olive.refresh_from_db()
    return world


def pages_of(client: Client, world: World) -> Iterator[tuple[str, Any]]:
    """Yield the address and the answer of Olive's pages, in the states that an address leads to."""
    addresses = {screen.path for screen in SCREENS if screen.who == "olive"}
    confirmation = f"/confirm-email/{make_confirmation_token(world.olive)}/"
    for address in sorted({*addresses, ALL_CLIENTS_DATA, confirmation}):
        path = address.format(**world.addresses)
        yield path, client.get(path)
    for address in (CLIENT_DATA, ALL_CLIENTS_DATA):
        for email in ("cleo@example.com", "mo@example.com"):
            asking = open_form(client, address)
            asking.fill(email=email)
            yield address, send(client, asking)


def forms_in(client: Client, pages: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Form]]:
    """Yield the address of each page with each of its forms, filled in, and ready to be sent."""
    for address, page in pages:
        token = client.cookies["csrftoken"].value
        for form in forms_of(page, address):
            if not form.action.endswith(("/sign-out/", "/logout/")):
                form.type(keep=KEPT)
                client.cookies["csrftoken"] = token  # signing in for the last form changed it
                yield address, form


def routes_with_forms(world: World) -> set[str]:
    """Return the names of all addresses that take forms of those who are signed in."""
    client, found = Client(), set[str]()
    client.force_login(world.olive)
    for route in every_route():
        address = re.sub(r"<(\w+)>", lambda name: ARGUMENTS.get(name[1], "some"), route)
        if not route.startswith("/admin/") and word(Client().post(address)) == "in":
            with taken_back():
                if client.post(address).status_code != 405:
                    found.add(resolve(address).view_name)
    return found


def faults_of(form: Form, address: str, led_to: str, page: Any) -> Iterator[str]:
    """Yield what is wrong with the page at `led_to`, to which its owner came back."""
    text = text_of(page)
    if (led_to, page.status_code, NOTHING_CHANGED in text) != (address, 200, True):
        yield f"led to {led_to}, {page.status_code}"
        return
    forms = forms_of(page, led_to)
    if (STILL_HERE in text) != any(name in each.visible for each in forms for name in form.data):
        yield "is not told of what was typed, or of what was not"
    # A form that only the answer to another form shows is not on the page.
    for again in (each for each in forms if each.action == form.action):
        for name, values in form.visible.items():
            if (shown := again.data.get(name)) != values:
                yield f"{name} was {values}, and is {shown}"


def test_owner_comes_back_to_every_form_with_what_was_typed(world: World) -> None:
    client, found, names = browser_of(world.olive), list[str](), set[str]()
    for address, form in forms_in(client, pages_of(client, world)):
        with writes() as tables:
            led_to, page = come_back(client, form, world.olive)
        changed = set(tables) - {"calendars_owner"}  # signing in notes its time there
        faults = [*faults_of(form, address, led_to, page), *changed]
        found += [f"{address}, form to {form.action}: {fault}" for fault in faults]
        names.add(resolve(urlsplit(form.action).path).view_name)
    if found:
        pytest.fail("\n".join(found), pytrace=False)
    assert Owner.objects.get(pk=world.olive.pk).display_name == "Olive Owner"
    assert names == routes_with_forms(world)


def test_staff_come_back_to_every_form_of_the_admin(world: World) -> None:
    client, count = browser_of(world.olive), 0
    paths = [screen.path.format(**world.addresses) for screen in ADMIN]
    pages = ((path, client.get(path)) for path in paths if path.startswith("/admin/"))
    for address, form in forms_in(client, pages):
        with writes() as tables:
            led_to, page = come_back(client, form, world.olive)
        assert (led_to, page.status_code, set(tables)) == (address, 200, {"calendars_owner"})
        assert NOTHING_CHANGED in text_of(page)
        count += 1
    assert count > 5
