"""The main states of all pages, as all people see them; `make soak` checks every state."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve
from playwright.sync_api import Page

from calendars.outbox.mailbox import BACKEND
from tests.run import ROOT
from tests.support.pages.browser import PHONE
from tests.support.pages.inspecting import every_look
from tests.support.pages.routes import every_route
from tests.support.pages.screens import ADMIN, SCREENS
from tests.support.world.conditions import World

# These addresses show no page of their own.
NO_PAGE = {
    *("healthz", "readyz"),
    # These are files.
    *("calendars:qr_code", "booking:booking_ics", "booking:export", "booking:feed"),
    "calendars:kept_email_attachment",
    # These lead on to a page, or take its form and lead back to it.
    *("calendars:home", "booking:public_bookings", "booking:embed_bookings"),
    *("booking:one_time_bookings", "booking:one_time_requests"),
    # Only developers of Quantix see these.
    *("booking:styleguide", "booking:styleguide_client"),
}
# The screens whose steps lead to these addresses.
LED_TO = {
    "calendars:kept_email": "email",
    "calendars:kept_email_html": "booked email to the client",
}
ARGUMENTS = {"pk": "1", "number": "0", "day": "2030-01-01", "token": "A" * 22}


@pytest.mark.parametrize("allowed_errors", [["status of 4"]])
def test_main_states_are_for_everybody(
    new_page: Callable[..., Page], db: None, settings: Any, allowed_errors: list[str]
) -> None:
    settings.EMAIL_BACKEND = BACKEND  # shows the notice above the owner's pages, too
    world = World.make()
    found: list[str] = []
    for screen in SCREENS:
        if screen.is_main:
            page = new_page(**PHONE)
            screen.open(page, world)
            found += (f"{screen.name}, {wrong}" for wrong in every_look(page))
            page.context.close()
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.once
def test_no_script_moves_anything() -> None:
    """No script moves anything: a reader's wish for less motion stops style sheets only."""
    scripts = "".join(file.read_text() for file in (ROOT / "static").rglob("*.js"))
    assert scripts
    assert re.findall(r"smooth|\.animate\(|startViewTransition", scripts) == []


def test_every_page_has_its_screen(client: Client, db: None) -> None:
    world = World.make()
    client.force_login(world.olive)
    seen = {
        resolve(screen.path.format(**world.addresses).split("?")[0]).view_name
        for screen in (*SCREENS, *ADMIN)
        if screen.path != "/nothing/"
    }
    assert pages(client) - seen == NO_PAGE | LED_TO.keys()
    assert set(LED_TO.values()) <= {screen.name for screen in SCREENS}


def pages(client: Client) -> set[str]:
    """Return the names of all addresses that answer a GET, except those of Django's admin."""
    addresses = [
        re.sub(r"<(\w+)>", lambda name: ARGUMENTS.get(name[1], "some"), route)
        for route in every_route()
        if not route.startswith("/admin/")
    ]
    return {
        resolve(address).view_name
        for address in addresses
        if client.get(address).status_code != 405
    }
