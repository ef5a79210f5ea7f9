"""A client books, in a real browser, by what they see and hear."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from booking.models import Booking
from calendars.models import Calendar, Owner
from onetime_links.models import OneTimeLink, Status
from tests.browser import PHONE
from tests.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

BERLIN = "Europe/Berlin"


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    """Open day and night, so that the time of the test does not matter."""
    hours = [(weekday, 0, 24 * 60) for weekday in range(7)]
    return CalendarFactory.create(
        owner=olive, name="Discovery call", slug="discovery-call", hours=hours
    )


@pytest.fixture
def link(calendar: Calendar) -> OneTimeLink:
    return OneTimeLinkFactory.create(calendar=calendar)


def whole_day() -> str:
    """The address of a date with all its times still free."""
    date_ = (timezone.now() + timedelta(days=3)).date()
    return f"/book/discovery-call/?day={date_.isoformat()}"


def fill_in_and_confirm(page: Page) -> None:
    page.get_by_label("Name").fill("Cleo Client")
    page.get_by_label("Email").fill("cleo@example.com")
    page.get_by_role("button", name="Confirm booking").click()


@pytest.mark.parametrize("script", [True, False])
def test_two_taps_and_two_fields_book_by_a_link(
    new_page: Callable[..., Page], link: OneTimeLink, script: bool
) -> None:
    page = new_page(**PHONE, timezone_id=BERLIN, java_script_enabled=script)
    page.goto(link.get_absolute_url())
    page.get_by_role("region", name="Next free times").get_by_role("link").first.tap()
    fill_in_and_confirm(page)
    expect(page.get_by_role("heading", name="You’re booked")).to_be_visible()
    booking = Booking.objects.get()
    assert booking.one_time_link == link
    assert page.url.endswith(booking.get_absolute_url())
    # The same browser is led back to its booking.
    page.goto(link.get_absolute_url())
    expect(page.get_by_role("heading", name="You’re booked")).to_be_visible()


def test_day_and_time_are_chosen_from_the_month(
    new_page: Callable[..., Page], calendar: Calendar
) -> None:
    page = new_page(timezone_id=BERLIN)
    page.goto("/book/discovery-call/")
    page.get_by_role("link", name="Next month").click()
    expect(page.locator("#month-heading")).to_be_focused()
    page.get_by_role("link", name="times free").nth(2).click()
    expect(page.locator("#times-heading")).to_be_focused()
    chosen = page.locator("td [aria-current=true]").inner_text()
    expect(page.locator("#times-heading")).to_contain_text(chosen)
    page.get_by_role("link", name="14:30", exact=True).click()
    expect(page.locator("#form-heading")).to_be_focused()
    expect(page.locator("#form-heading")).to_contain_text("14:30–15:00 (Berlin time)")
    page.go_back()
    expect(page.get_by_role("link", name="14:30", exact=True)).to_be_visible()
    page.go_forward()
    fill_in_and_confirm(page)
    expect(page.get_by_role("heading", name="You’re booked")).to_be_visible()
    assert Booking.objects.get().one_time_link is None


def test_keyboard_alone_books(new_page: Callable[..., Page], calendar: Calendar) -> None:
    page = new_page(timezone_id=BERLIN)
    page.goto(whole_day())
    page.get_by_role("link", name="10:00", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#form-heading")).to_be_focused()
    for text in (None, "Cleo Client", "cleo@example.com"):
        page.keyboard.press("Tab")
        if text:
            page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You’re booked")).to_be_visible()


def test_browsers_zone_is_found_out_and_another_can_be_chosen(
    new_page: Callable[..., Page], calendar: Calendar
) -> None:
    page = new_page(timezone_id="Asia/Tokyo")
    page.goto("/book/discovery-call/")
    expect(page.get_by_text("Times in Tokyo time (UTC+9)")).to_be_visible()
    assert not page.context.cookies()
    page.get_by_role("link", name="Change time zone").click()
    page.get_by_label("Your time zone or city").fill("New York")
    page.get_by_role("button", name="Use this time zone").click()
    expect(page.get_by_text("Times in New York time")).to_be_visible()
    page.goto("/book/discovery-call/")
    expect(page.get_by_text("Times in New York time")).to_be_visible()


@pytest.mark.parametrize("allowed_errors", [["status of 422"]])
@pytest.mark.parametrize("script", [True, False])
def test_unknown_zone_is_said_at_the_field(
    new_page: Callable[..., Page], calendar: Calendar, script: bool, allowed_errors: list[str]
) -> None:
    page = new_page(timezone_id=BERLIN, java_script_enabled=script)
    page.goto("/book/discovery-call/")
    page.get_by_role("link", name="Change time zone").click()
    page.get_by_label("Your time zone or city").fill("Atlantis")
    page.get_by_role("button", name="Use this time zone").click()
    expect(page.get_by_text("There is no time zone called “Atlantis”.")).to_be_visible()
    expect(page.get_by_label("Your time zone or city")).to_have_value("Atlantis")


@pytest.mark.parametrize("allowed_errors", [["status of 409"]])
@pytest.mark.parametrize("script", [True, False])
def test_slot_gone_while_typing_costs_one_more_tap(
    new_page: Callable[..., Page], link: OneTimeLink, script: bool, allowed_errors: list[str]
) -> None:
    page = new_page(**PHONE, timezone_id=BERLIN, java_script_enabled=script)
    page.goto(link.get_absolute_url())
    page.get_by_role("region", name="Next free times").get_by_role("link").first.click()
    starts_at = page.locator("#form-heading time").get_attribute("datetime") or ""
    BookingFactory.create(calendar=link.calendar, starts_at=datetime.fromisoformat(starts_at))
    fill_in_and_confirm(page)
    expect(page.get_by_role("alert")).to_contain_text("That time was just taken.")
    page.locator(".slots--fresh").get_by_role("button").first.click()
    expect(page.get_by_label("Name")).to_have_value("Cleo Client")
    page.get_by_role("button", name="Confirm booking").click()
    expect(page.get_by_role("heading", name="You’re booked")).to_be_visible()


@pytest.mark.parametrize("allowed_errors", [["status of 422"]])
def test_errors_take_the_focus_and_keep_what_was_typed(
    new_page: Callable[..., Page], calendar: Calendar, allowed_errors: list[str]
) -> None:
    page = new_page(timezone_id=BERLIN)
    page.goto(whole_day())
    page.get_by_role("link", name="10:00", exact=True).click()
    page.get_by_label("Name").fill("Cleo Client")
    page.get_by_label("Email").fill("cleo at example")
    page.get_by_role("button", name="Confirm booking").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_value("Cleo Client")
    expect(page.get_by_label("Email")).to_have_accessible_description(
        "Enter a valid email address."
    )
    # The summary leads to the field, and asks the server for nothing.
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("alert").get_by_role("link", name="Email").click()
    expect(page.get_by_label("Email")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_value("Cleo Client")
    page.wait_for_timeout(300)
    assert [url for url in asked if "/static/" not in url] == []


def test_back_button_and_double_click_make_no_second_booking(
    new_page: Callable[..., Page], calendar: Calendar
) -> None:
    page = new_page(timezone_id=BERLIN)
    page.goto(whole_day())
    page.get_by_role("link", name="10:00", exact=True).click()
    page.get_by_label("Name").fill("Cleo Client")
    page.get_by_label("Email").fill("cleo@example.com")
    page.get_by_role("button", name="Confirm booking").dblclick()
    expect(page.get_by_role("heading", name="You’re booked")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("That time is not free.")).to_be_visible()
    assert Booking.objects.count() == 1


class HostPage(BaseHTTPRequestHandler):
    """A page of another site, with the embed snippet in it, or with another page of ours."""

    framed = ""

    def do_GET(self) -> None:
        body = f'<!doctype html><title>Host</title><iframe src="{self.framed}"></iframe>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def foreign_site() -> Iterator[Callable[[str], str]]:
    """Gives the address, on another site, of a page that frames the given address."""
    servers = []

    def frame(address: str) -> str:
        handler = type("Handler", (HostPage,), {"framed": address})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        # Two ports of one host are the same site; two names are not.
        return f"http://localhost:{server.server_port}/"

    yield frame
    for server in servers:
        server.shutdown()
        server.server_close()


def test_embed_books_inside_a_page_of_another_site(
    new_page: Callable[..., Page],
    calendar: Calendar,
    live_server: LiveServer,
    foreign_site: Callable[[str], str],
) -> None:
    embed = f"{live_server.url.replace('localhost', '127.0.0.1')}/book/discovery-call/embed/"
    page = new_page(timezone_id=BERLIN)
    page.goto(foreign_site(embed))
    frame = page.frame_locator("iframe")
    frame.get_by_role("region", name="Next free times").get_by_role("link").first.click()
    frame.get_by_label("Name").fill("Cleo Client")
    frame.get_by_label("Email").fill("cleo@example.com")
    frame.get_by_role("button", name="Confirm booking").click()
    expect(frame.get_by_role("heading", name="You’re booked")).to_be_visible()
    assert Booking.objects.count() == 1


@pytest.mark.parametrize("allowed_errors", [["frame-ancestors", "X-Frame-Options", "Refused to"]])
def test_nothing_else_can_be_framed(
    new_page: Callable[..., Page],
    link: OneTimeLink,
    live_server: LiveServer,
    foreign_site: Callable[[str], str],
    allowed_errors: list[str],
) -> None:
    booking = BookingFactory.create(calendar=link.calendar)
    page = new_page()
    for path in (
        "/book/discovery-call/",
        link.get_absolute_url(),
        booking.get_absolute_url(),
        "/sign-in/",
        "/admin/login/",
    ):
        page.goto(foreign_site(live_server.url.replace("localhost", "127.0.0.1") + path))
        expect(page.frame_locator("iframe").locator("main, #container")).to_have_count(0)


@pytest.mark.parametrize("allowed_errors", [["status of 410"]])
@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"expires_at": timezone.now() - timedelta(hours=1)}, "This link has expired"),
        ({"revoked_at": timezone.now()}, "This link has been revoked"),
    ],
)
def test_dead_link_is_told_plainly(
    page: Page, calendar: Calendar, facts: dict, words: str, allowed_errors: list[str]
) -> None:
    facts["created_at"] = timezone.now() - timedelta(days=2)
    link = OneTimeLinkFactory.create(calendar=calendar, **facts)
    page.goto(link.get_absolute_url())
    expect(page.get_by_role("heading", name=words)).to_be_visible()
    assert link.status(at=timezone.now()) != Status.ACTIVE


def test_tap_before_the_zone_is_known_does_not_lose_it(
    new_page: Callable[..., Page], calendar: Calendar
) -> None:
    page = new_page(timezone_id="Asia/Tokyo")
    held = []
    # The first fragment, with the browser's zone, is slower than the client.
    page.route(re.compile(r"tz="), lambda route: held.append(route), times=1)
    page.goto("/book/discovery-call/")
    page.locator(".times .slots a").first.click()
    expect(page.locator("#form-heading")).to_contain_text("(Tokyo time)")
    for route in held:
        route.continue_()
    expect(page.locator("#form-heading")).to_contain_text("(Tokyo time)")
