"""Every state of every page, as all people see it; the weight and stillness of a client's page."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Error, Page

from booking.client.picker import following_month
from calendars.models import Owner
from tests.soak.stage import CaseRow, Stage
from tests.support.pages.browser import DESKTOP, PHONE, Pages, launch
from tests.support.pages.inspecting import every_look, light_and_dark, moves_when_the_zone_comes
from tests.support.pages.parsing import reset_address
from tests.support.pages.screens import ADMIN, SCREENS, Screen
from tests.support.servers.installation import Server
from tests.support.servers.machine import find_chromium
from tests.support.world.conditions import World

FLIGHT = 14 * 1024
READERS: dict[str, dict[str, Any]] = {
    "at a desk": DESKTOP,
    "on a phone": PHONE,
    "on a phone, in Arabic": {**PHONE, "locale": "ar"},
}
# The parts that a browser fetches for a page; its other addresses are links.
PARTS = re.compile(
    r'<(?:link rel="(?:icon|stylesheet)" |script type="module" )(?:href|src)="([^"]+)"'
)


def play(stage: Stage) -> Iterator[CaseRow]:
    path = find_chromium()
    if path is None:
        sys.exit("There is no Chromium. Install it with: apt-get install chromium")
    with stage.server(SIGN_UP_OPEN="true") as server, launch(path) as browser:
        settings.BASE_URL = server.url
        world = World.make()
        screens = [screen for screen in SCREENS if screen.is_main or not stage.quick]
        for reader, options in READERS.items():
            yield inspect(browser, world, screens, reader, options)
        yield inspect(browser, world, ADMIN, "of the admin at a desk", DESKTOP, look=light_and_dark)
        yield weigh(server, world)
        yield watch(browser, server)


def inspect(
    browser: Browser,
    world: World,
    screens: Sequence[Screen],
    reader: str,
    options: dict[str, Any],
    *,
    look: Callable[[Page], Iterator[str]] = every_look,
) -> CaseRow:
    """Inspect each screen as it is and as others see it: dark, zoomed, in forced colours."""
    Owner.objects.update(language=options.get("locale", "en"))
    # The owner has signed in since the last reset address was made, so that one is dead.
    world.addresses["reset"] = reset_address(Owner.objects.get(pk=world.olive.pk))
    violations: list[str] = []
    for screen in screens:
        pages = Pages(browser, settings.BASE_URL)
        page = pages.open(**options)
        try:
            screen.open(page, world)
            violations += (f"{screen.name}: {wrong}" for wrong in look(page))
        except (AssertionError, Error) as error:
            violations.append(f"{screen.name} was not reached: {error}")
        pages.close()
    note = f"{len(screens)} states, {2 * len(screens)} runs of axe-core"
    return CaseRow(f"every state {reader}", requests=len(screens), violations=violations, note=note)


def weigh(server: Server, world: World) -> CaseRow:
    """Weigh a first visit to a one-time link, in every language: all responses as sent."""
    path = world.addresses["link"]
    weights = {code: cold_bytes(server, path, code) for code, _ in settings.LANGUAGES}
    heaviest = max(weights, key=lambda code: weights[code])
    over = [f"{code}: {weight} bytes" for code, weight in weights.items() if weight > FLIGHT]
    return CaseRow(
        "a one-time link, cold",
        requests=len(weights),
        violations=over,
        note=f"heaviest {heaviest}: {weights[heaviest]} bytes; en: {weights['en']} bytes",
    )


def cold_bytes(server: Server, path: str, language: str) -> int:
    html, weight = fetch(server, path, language)
    return weight + sum(fetch(server, part, language)[1] for part in PARTS.findall(html))


def fetch(server: Server, path: str, language: str) -> tuple[str, int]:
    """Return the text, and the number of bytes of the body that a browser gets."""
    text, _ = ask(server, path, language, "identity")
    return text, ask(server, path, language, "br, gzip")[1]


def ask(server: Server, path: str, language: str, coding: str) -> tuple[str, int]:
    headers = {"Host": server.host, "Accept-Encoding": coding, "Accept-Language": language}
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=10)) as http:
        http.request("GET", path, headers=headers)
        body = http.getresponse().read()
    return body.decode(errors="replace"), len(body)


def watch(browser: Browser, server: Server) -> CaseRow:
    """Watch the public page in every language, on a phone in another zone, with a long name."""
    violations: list[str] = []
    for code, _ in settings.LANGUAGES:
        pages = Pages(browser, server.url)
        page = pages.open(**PHONE, locale=code, timezone_id="America/Argentina/Buenos_Aires")
        # A month is named, because near a month's end the other zone may first show the next one.
        month = following_month(timezone.now().date().replace(day=1))
        moves = moves_when_the_zone_comes(page, f"/book/discovery-call/?month={month:%Y-%m}")
        violations += (f"{code}: {each}" for each in moves)
        pages.close()
    return CaseRow(
        "layout shifts of the public page", requests=len(settings.LANGUAGES), violations=violations
    )
