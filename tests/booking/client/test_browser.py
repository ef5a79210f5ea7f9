"""A client books in a real browser, by what they see or hear."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from booking.models import Booking
from calendars.models import Calendar, DateOverride, Owner
from onetime_links.models import OneTimeLink
from tests.support.pages.browser import DESKTOP, PHONE, hold_back_the_zone, let_it_draw
from tests.support.pages.inspecting import moves_when_the_zone_comes
from tests.support.servers.installation import Server
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

BERLIN = "Europe/Berlin"
DAY = timedelta(days=1)


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    """Return a calendar that is open day and night, so the time of the test does not matter."""
    hours = [(weekday, 0, 24 * 60) for weekday in range(7)]
    return CalendarFactory.create(
        owner=olive, name="Discovery call", slug="discovery-call", hours=hours
    )


@pytest.fixture
def link(calendar: Calendar) -> OneTimeLink:
    return OneTimeLinkFactory.create(calendar=calendar)


def whole_day() -> str:
    """Return the address of a date whose times are all free."""
    date_ = (timezone.now() + timedelta(days=3)).date()
    return f"/book/discovery-call/?day={date_.isoformat()}"


def fill_in_and_confirm(page: Page) -> None:
    page.get_by_label("Name").fill("Cleo Client")
    page.get_by_label("Email").fill("cleo@example.com")
    page.get_by_role("button", name="Confirm booking").click()


@pytest.mark.parametrize(
    ("script", "keyboard"), [(True, False), (False, False), (True, True), (False, True)]
)
def test_two_taps_and_two_fields_book_by_a_link(
    new_page: Callable[..., Page], link: OneTimeLink, script: bool, keyboard: bool
) -> None:
    page = new_page(**PHONE, timezone_id=BERLIN, java_script_enabled=script)
    page.goto(link.get_absolute_url())
    slot = page.get_by_role("region", name="Next free times").get_by_role("link").first
    if keyboard:
        press_enter_on(page, slot)
        tab_to(page, page.get_by_label("Name"))
        page.keyboard.type("Cleo Client")
        page.keyboard.press("Tab")
        page.keyboard.type("cleo@example.com")
        press_enter_on(page, page.get_by_role("button", name="Confirm booking"))
    else:
        slot.tap()
        fill_in_and_confirm(page)
    expect(page.get_by_role("heading", name="You’re booked")).to_be_visible()
    booking = Booking.objects.get()
    assert booking.one_time_link == link
    assert page.url.endswith(booking.get_absolute_url())
    # The same browser is led back to its booking.
    page.goto(link.get_absolute_url())
    expect(page.get_by_role("heading", name="You’re booked")).to_be_visible()


def test_every_choice_can_be_tapped_without_script(
    new_page: Callable[..., Page], link: OneTimeLink
) -> None:
    page = new_page(**PHONE, timezone_id="Asia/Tokyo", java_script_enabled=False)
    page.goto(link.get_absolute_url())
    page.get_by_role("link", name="Next month").tap()
    day = page.get_by_role("table", name="Days with free times in").get_by_role("link").nth(1)
    date_name = (day.get_attribute("aria-label") or "").split(",")[0]
    day.tap()
    expect(page.get_by_role("heading", name=date_name)).to_be_visible()
    page.get_by_role("link", name="12h").tap()
    page.get_by_role("link", name="Change time zone").tap()
    page.get_by_label("Your time zone or city").fill("New York")
    page.get_by_role("button", name="Use this time zone").tap()
    expect(page.get_by_text("Times in New York time")).to_be_visible()
    times = page.get_by_role("list", name=date_name)
    expect(times.get_by_role("link", name="2:30 pm", exact=True)).to_be_visible()
    page.locator(".languages summary").tap()
    page.get_by_role("link", name="Deutsch").tap()
    expect(page.get_by_text("Zeitzone: New York")).to_be_visible()
    slot = page.locator(".times .slots a").nth(29)
    [instant] = parse_qs(urlsplit(slot.get_attribute("href") or "").query)["at"]
    slot.tap()
    page.get_by_label("Name").fill("Cleo Client")
    page.get_by_label("E-Mail").fill("cleo@example.com")
    page.get_by_role("button", name="Termin buchen").tap()
    expect(page.get_by_role("heading", name="Ihr Termin ist gebucht")).to_be_visible()
    booking = Booking.objects.get()
    assert booking.starts_at == datetime.fromisoformat(instant)
    assert (booking.client_time_zone, booking.client_language) == ("America/New_York", "de-DE")


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus."""
    target.wait_for()
    for _ in range(80):
        page.keyboard.press("Tab")
        if target.evaluate("each => each === document.activeElement"):
            return
    pytest.fail(f"Tab does not lead to {target}.")


def press_enter_on(page: Page, target: Locator) -> None:
    tab_to(page, target)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("allowed_errors", [["status of 422"]])
def test_keyboard_and_names_alone_book_from_the_month(
    new_page: Callable[..., Page], calendar: Calendar, allowed_errors: list[str]
) -> None:
    """Each element is found by its role and name alone, and the focus is never lost."""
    close_next_month(calendar)
    page = new_page(timezone_id=BERLIN)
    link, heading = partial(page.get_by_role, "link"), partial(page.get_by_role, "heading")
    page.goto("/book/discovery-call/")
    days = page.get_by_role("table", name="Days with free times in").get_by_role("link")
    expect(days.first).to_have_accessible_name(DAY_NAME)
    press_enter_on(page, link(name="Next month"))
    expect(heading(name=re.compile(r"^\w+ \d{4}$"))).to_be_focused()
    # A month without free time is no dead end.
    next_free = link(name="Next free: ")
    date_name = next_free.inner_text().removeprefix("Next free: ")
    press_enter_on(page, next_free)
    expect(heading(name=date_name)).to_be_focused()
    expect(page.get_by_role("list", name=date_name).get_by_role("listitem")).to_have_count(48)
    press_enter_on(page, link(name="12h"))
    expect(heading(name=date_name)).to_be_focused()
    press_enter_on(page, link(name="Change time zone"))
    zone = page.get_by_role("combobox", name="Your time zone or city")
    expect(zone).to_be_focused()
    page.keyboard.type("Atlantis")
    page.keyboard.press("Enter")
    expect(zone).to_have_accessible_description(re.compile("There is no time zone called"))
    expect(zone).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("New York")
    press_enter_on(page, page.get_by_role("button", name="Use this time zone"))
    expect(heading(name=re.compile(r"^\w+ \d{4}$"))).to_be_focused()
    expect(page.get_by_text("Times in New York time")).to_be_visible()
    day = days.nth(1)
    day_name = (day.get_attribute("aria-label") or "").split(",")[0]
    press_enter_on(page, day)
    expect(heading(name=day_name)).to_be_focused()
    press_enter_on(page, link(name="2:30 pm", exact=True))
    chosen = heading(name=re.compile(r"2:30 .*3:00 .*\(New York time\)"))
    expect(chosen).to_be_focused()
    page.go_back()
    expect(heading(name=day_name)).to_be_focused()
    page.go_forward()
    expect(chosen).to_be_focused()
    press_enter_on(page, page.get_by_role("button", name="Confirm booking"))
    expect(page.get_by_role("alert")).to_be_focused()
    press_enter_on(page, page.get_by_role("alert").get_by_role("link", name="Name"))
    expect(page.get_by_role("textbox", name="Name")).to_be_focused()
    page.keyboard.type("Cleo Client")
    page.keyboard.press("Tab")
    page.keyboard.type("cleo@example.com")
    page.keyboard.press("Enter")
    expect(heading(name="You’re booked")).to_be_visible()
    assert Booking.objects.get().one_time_link is None


DAY_NAME = re.compile(r"^\w+day \d+ \w+, \d+ times? free$")


def close_next_month(calendar: Calendar) -> None:
    Calendar.objects.filter(pk=calendar.pk).update(booking_window_days=100)
    first = (timezone.now().astimezone(calendar.zone).date().replace(day=1) + 31 * DAY).replace(
        day=1
    )
    days = (first + n * DAY for n in range(31))
    DateOverride.objects.bulk_create(
        DateOverride(calendar=calendar, date=day) for day in days if day.month == first.month
    )


def test_browsers_zone_is_found_out_and_another_can_be_chosen(
    new_page: Callable[..., Page], calendar: Calendar
) -> None:
    Calendar.objects.update(description="Please bring a sketch.")
    page = new_page(timezone_id="Asia/Tokyo")
    page.goto("/book/discovery-call/")
    expect(page.get_by_text("Times in Tokyo time (UTC+9)")).to_be_visible()
    expect(page.get_by_text("Please bring a sketch.")).to_be_visible()
    assert not page.context.cookies()
    page.get_by_role("link", name="Change time zone").click()
    page.get_by_label("Your time zone or city").fill("New York")
    page.get_by_role("button", name="Use this time zone").click()
    expect(page.get_by_text("Times in New York time")).to_be_visible()
    page.goto("/book/discovery-call/")
    expect(page.get_by_text("Times in New York time")).to_be_visible()


@pytest.mark.parametrize("allowed_errors", [["status of 422"]])
def test_errors_of_the_address_take_the_focus_without_script(
    new_page: Callable[..., Page], calendar: Calendar, allowed_errors: list[str]
) -> None:
    page = new_page(timezone_id=BERLIN, java_script_enabled=False)
    page.goto("/book/discovery-call/")
    page.get_by_role("link", name="Change time zone").click()
    page.get_by_label("Your time zone or city").fill("Atlantis")
    page.get_by_role("button", name="Use this time zone").click()
    expect(page.get_by_text("There is no time zone called “Atlantis”.")).to_be_visible()
    expect(page.get_by_label("Your time zone or city")).to_have_value("Atlantis")
    expect(page.get_by_label("Your time zone or city")).to_be_focused()
    page.goto("/book/discovery-call/?at=2026-01-01T09:00Z")
    expect(page.get_by_role("alert")).to_contain_text("That time is not free.")
    expect(page.get_by_role("alert")).to_be_focused()


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
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("list", name="Next free times").get_by_role("button").first.click()
    expect(page.get_by_label("Name")).to_have_value("Cleo Client")
    if script:
        expect(page.locator("#form-heading")).to_be_focused()
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
    let_it_draw(page)
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
    expect(page.get_by_role("alert")).to_contain_text("That time is not free.")
    expect(page.get_by_role("alert")).to_be_focused()
    assert Booking.objects.count() == 1


class HostPage(BaseHTTPRequestHandler):
    """A page of another site that frames the embed, or another page of the product."""

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
    """Yield a function that returns the address of a foreign page that frames the given address."""
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


def test_tap_before_the_zone_is_known_does_not_lose_it(
    new_page: Callable[..., Page], calendar: Calendar
) -> None:
    page = new_page(timezone_id="Asia/Tokyo")
    release = hold_back_the_zone(page)
    page.goto("/book/discovery-call/")
    page.locator(".times .slots a").first.click()
    expect(page.locator("#form-heading")).to_contain_text("(Tokyo time)")
    release()
    expect(page.locator("#form-heading")).to_contain_text("(Tokyo time)")


def test_focus_stays_when_the_zones_answer_comes(
    new_page: Callable[..., Page], calendar: Calendar
) -> None:
    page = new_page(timezone_id="Asia/Tokyo")
    release = hold_back_the_zone(page)
    page.goto(whole_day())
    slot = page.locator(".times .slots a").nth(3)
    instant = (slot.get_attribute("href") or "").partition("at=")[2]
    slot.focus()
    release()
    expect(page.get_by_text("Times in Tokyo time")).to_be_visible()
    expect(page.locator(":focus")).to_have_attribute("href", f"?tz=Asia/Tokyo&at={instant}")
    # The page does not change under a client who types already.
    release = hold_back_the_zone(page)
    page.goto(f"/book/discovery-call/?at={instant}")
    page.get_by_label("Name").fill("Cleo")
    with page.expect_response(re.compile("tz=")):
        release()
    page.get_by_label("Name").press_sequentially(" Client")
    expect(page.get_by_label("Name")).to_have_value("Cleo Client")


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Argentina/Rio_Gallegos"])
@pytest.mark.parametrize("options", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_nothing_moves_when_the_zones_answer_comes(
    new_page: Callable[..., Page], olive: Owner, options: dict, zone: str
) -> None:
    """The test runs at a time when it is Sunday in Berlin, but Monday, a new week, in Tokyo."""
    CalendarFactory.create(owner=olive, name="Discovery call", slug="discovery-call")
    page = new_page(**options, timezone_id=zone)
    with time_machine.travel(datetime(2026, 11, 22, 19, tzinfo=UTC)):
        assert moves_when_the_zone_comes(page, "/book/discovery-call/") == []


@pytest.mark.parametrize(
    "allowed_errors", [["ERR_INTERNET_DISCONNECTED", "ERR_CONNECTION", "status of 502"]]
)
def test_offline_and_without_a_server_nothing_typed_is_lost(
    new_page: Callable[..., Page],
    link: OneTimeLink,
    start_server: Callable[..., Server],
    allowed_errors: list[str],
) -> None:
    server = start_server(workers=1)
    page = new_page(timezone_id=BERLIN)
    page.clock.install()
    page.goto(f"{server.url}{link.get_absolute_url()}")
    page.context.set_offline(True)
    page.get_by_role("link", name="Next month").click()
    expect(page.get_by_role("alert")).to_contain_text("you may be offline")
    expect(page.get_by_role("alert")).to_be_focused()
    page.context.set_offline(False)
    page.locator(".times .slots a").first.click()
    expect(page.locator("#form-heading")).to_be_focused()
    server.stop()
    fill_in_and_confirm(page)
    expect(page.get_by_role("alert")).to_contain_text("Nothing you typed is lost.")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Email")).to_have_value("cleo@example.com")
    # The error page of a proxy does not replace the form either.
    page.route(re.compile("/bookings/"), lambda route: route.fulfill(status=502), times=1)
    confirm = page.get_by_role("button", name="Confirm booking")
    confirm.click()
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_label("Name")).to_have_value("Cleo Client")
    # A server that never answers does not block the form for ever.
    page.route(re.compile("/bookings/"), lambda _route: None, times=1)
    confirm.click()
    expect(confirm).to_have_attribute("aria-disabled", "true")
    page.clock.fast_forward(15_000)
    expect(confirm).not_to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("alert")).to_be_focused()
    start_server(workers=1, port=server.port)
    confirm.click()
    expect(page.get_by_role("heading", name="You’re booked")).to_be_visible()
    assert Booking.objects.get().one_time_link == link
    # The form of a cancellation also waits until the browser is online again.
    page.get_by_role("link", name="Cancel").click()
    page.get_by_label("Reason").fill("I am ill.")
    page.context.set_offline(True)
    page.get_by_role("button", name="Cancel booking").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.context.set_offline(False)
    page.get_by_role("button", name="Cancel booking").click()
    expect(page.get_by_role("heading", name="This booking was cancelled")).to_be_visible()
    expect(page.get_by_text("I am ill.")).to_be_visible()
