"""An owner's address answers a stranger as if nothing were there, to the last byte.

Otherwise the answers would tell a stranger what other owners have, and how much.
"""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from calendars.models import Owner
from calendars.outbox import mailbox
from calendars.outbox.mailbox import OwnedEmail
from calendars.rules import replace_overrides
from tests.support.pages.routes import every_route
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    LinkRequestFactory,
    OneTimeLinkFactory,
    TimeOffFactory,
)

pytestmark = [pytest.mark.once, pytest.mark.django_db]
DAY = date(2030, 1, 1)
# The keys by which an address names what an owner has. Other pages are of clients, or of staff.
KEYS = {"slug", "pk", "name"}
OTHERS = ("/admin/", "/book/", "/l/", "/manage/", "/feed/", "/styleguide/", "/password-reset/")
ROUTES = [
    route
    for route in every_route()
    if KEYS & set(re.findall(r"<(\w+)>", route)) and not route.startswith(OTHERS)
]
MISSING = {"slug": "nothing-here", "pk": 987654, "name": "20261122T120000000000Z-" + "0" * 32}
BODY = {"name": "Olives calls", "note": "Mine now", "first": "2030-01-01", "post": "yes"}
BODIES = (BODY, {**BODY, "initial-first": "2030-01-01"}, {**BODY, "known_gone": "yes"})
# What differs between any two requests.
SECRET = re.compile(
    rb'(name="(csrfmiddlewaretoken|came_from|form_name)" value=|"X-CSRFToken": ?)"[^"]+"'
)
# What is not there is removed already: whoever clicks twice is not told of a missing page.
GONE_ALREADY = {"/bookings/time-off/<pk>/removal/"}


@pytest.fixture
def olives(olive: Owner, settings: Any, tmp_path: Path) -> dict[str, dict[str, Any]]:
    """The keys of what Olive has, by the part of the address that tells what it is."""
    calendar = CalendarFactory.create(owner=olive, slug="olives-calls", name="Olives calls")
    replace_overrides(calendar=calendar, dates=[DAY], hours=[], now=timezone.now())
    link = OneTimeLinkFactory.create(calendar=calendar)
    revoked = OneTimeLinkFactory.create(calendar=calendar, revoked_at=timezone.now())
    rows = {
        "/requests/": LinkRequestFactory.create(link=revoked),
        "/one-time-links/": link,
        "/time-off/": TimeOffFactory.create(host=olive),
        "/bookings/": BookingFactory.create(calendar=calendar),
    }
    keys = {part: {"slug": calendar.slug, "pk": row.pk} for part, row in rows.items()}
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = mailbox.BACKEND, str(tmp_path)
    mailbox.write(OwnedEmail("Subject", "Text", to=["cleo@example.com"], owner_id=olive.pk))
    (kept,) = mailbox.names_in(mailbox.folder_of(olive.pk))
    return {"/mail/": {"name": kept}, **keys}


def address(route: str, keys: dict[str, Any]) -> str:
    known = {"day": DAY, "number": 0, **MISSING, **keys}
    return re.sub(r"<(\w+)>", lambda name: str(known[name[1]]), route)


def answers(client: Client, path: str) -> list[tuple[Any, ...]]:
    """Return what the page and the form at the address answer, without what always differs."""
    return [
        (
            response.status_code,
            sorted(response.headers.items()),
            SECRET.sub(b"", response.content).replace(path.encode(), b"PATH"),
        )
        for response in (client.get(path), *(client.post(path, body) for body in BODIES))
    ]


def test_addresses_of_every_kind_are_tried() -> None:
    parts = {route.split("<")[0] for route in ROUTES}
    assert parts == {"/bookings/", "/bookings/time-off/", "/calendars/", "/mail/"}


@pytest.mark.parametrize("route", ROUTES)
def test_address_of_another_owner_answers_like_one_of_nothing(
    client: Client, olives: dict[str, dict[str, Any]], sam: Owner, route: str
) -> None:
    client.force_login(sam)
    parts = [part for part in olives if part in route]
    keys = olives[parts[0] if parts else "/bookings/"]
    foreign = answers(client, address(route, keys))
    assert foreign == answers(client, address(route, {}))
    assert {status for status, _, _ in foreign} & {404, 302 if route in GONE_ALREADY else 404}
