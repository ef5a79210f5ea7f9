"""Pages of a real browser that fail their test when something in them goes wrong."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import connections
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Route,
    expect,
    sync_playwright,
)

from calendars.models import Owner

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
LOCAL = {"127.0.0.1", "localhost"}
PATIENCE = 15_000  # milliseconds: a machine may have more to do than this test

expect.set_options(timeout=PATIENCE)


@contextmanager
def launch(path: str) -> Iterator[Browser]:
    """Run the Chromium at `path`, which finds no host but this machine."""
    # Playwright runs an event loop in this thread, so Django takes our code for an async view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    nowhere = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
    # With the loop, this thread gets other connections. One of the first ones that stayed open
    # would reappear in a forked process, which has no loop, and be shared by a race's processes.
    connections.close_all()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[nowhere])
        yield browser
        browser.close()
        connections.close_all()


class Underway:
    """The requests that are being answered.

    A page may send requests to the very end; its database must not be emptied before they are done.
    """

    def __init__(self) -> None:
        self._count, self._changed = 0, Condition()
        request_started.connect(self._start)
        request_finished.connect(self._finish)

    def _start(self, **_: Any) -> None:
        with self._changed:
            self._count += 1

    def _finish(self, **_: Any) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def start_anew(self) -> None:
        """Forget requests that an earlier test left open, such as a stream it never read."""
        with self._changed:
            self._count = 0

    def wait_until_none(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._count <= 0, timeout=10)


UNDERWAY = Underway()


class Pages:
    """Pages, each in a context of its own, whose problems are collected."""

    def __init__(self, browser: Browser, base_url: str) -> None:
        UNDERWAY.start_anew()
        self.browser, self.base_url = browser, base_url
        self.contexts: list[BrowserContext] = []
        self.problems: list[str] = []

    def open(self, **options: Any) -> Page:
        options = {**DESKTOP, "locale": "en-GB", **options}
        context = self.browser.new_context(base_url=self.base_url, **options)
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self.problems.append(f"page error: {error.error}"))
        context.on("request", self._note_request)
        return context.new_page()

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text} ({message.location['url']})")

    def _note_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https"} and address.hostname not in LOCAL:
            self.problems.append(f"asked another host: {request.url}")

    def keep(self, folder: Path, name: str) -> None:
        """Save what every page shows now."""
        folder.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(page for each in self.contexts for page in each.pages):
            page.screenshot(path=folder / f"{name}-{number}.png", full_page=True)
            (folder / f"{name}-{number}.html").write_text(page.content())

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        UNDERWAY.wait_until_none()


def open_from_another_zone(page: Page, address: str) -> None:
    """Open a booking page and wait until it shows times in the browser's zone, not in its own."""
    with page.expect_response(re.compile("tz=")):
        page.goto(address)
    expect(page.locator("#booking[aria-busy]")).to_have_count(0)


def hold_back_the_zone(page: Page) -> Callable[[], None]:
    """Hold back the answer with the browser's zone until the returned function is called."""
    held: list[Route] = []
    page.route(re.compile("tz="), lambda route: held.append(route), times=1)

    def release() -> None:
        while not held:
            page.wait_for_timeout(20)
        held.pop().continue_()

    return release


def let_it_draw(page: Page) -> None:
    """Wait until two frames have been drawn, so that what the page has begun is visible."""
    for _ in range(2):
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def sign_in(page: Page, owner: Owner) -> None:
    """Give the page's browser a session of the owner, without the form."""
    client = Client()
    client.force_login(owner)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies(
        [{"name": name, "value": client.cookies[name].value, "url": settings.BASE_URL}]
    )
