"""Clients book in their own language in a real browser on a phone."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from booking.models import Booking
from calendars.models import Calendar, Owner
from onetime_links.models import OneTimeLink
from tests.booking.conftest import DESCRIPTION
from tests.support.pages.browser import PHONE, Pages, open_from_another_zone
from tests.support.servers.installation import Server
from tests.support.world.factories import CalendarFactory

FLIGHT = 14 * 1024


@dataclass
class Words:
    tag: str
    zone: str
    direction: str
    next_times: str
    name: str
    email: str
    confirm: str
    booked: str


ARABIC = Words(
    tag="ar-EG",
    zone="Africa/Cairo",
    direction="rtl",
    next_times="أقرب المواعيد المتاحة",
    name="الاسم",
    email="البريد الإلكتروني",
    confirm="تأكيد الحجز",
    booked="تم حجز موعدك",
)
JAPANESE = Words(
    tag="ja-JP",
    zone="Asia/Tokyo",
    direction="ltr",
    next_times="直近の空き時間",
    name="お名前",
    email="メールアドレス",
    confirm="予約を確定",
    booked="予約が確定しました",
)


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    """Return a calendar that is open day and night, so the time of the test does not matter."""
    day_and_night = [(weekday, 0, 24 * 60) for weekday in range(7)]
    return CalendarFactory.create(owner=olive, slug="discovery-call", hours=day_and_night)


@pytest.mark.parametrize("words", [ARABIC, JAPANESE], ids=lambda words: words.tag)
def test_two_taps_and_two_fields_book_in_the_clients_language(
    new_page: Callable[..., Page], link: OneTimeLink, words: Words
) -> None:
    page = new_page(**PHONE, locale=words.tag, timezone_id=words.zone)
    open_from_another_zone(page, link.get_absolute_url())
    assert page.locator("html").get_attribute("dir") == words.direction
    arrows = [page.locator(".arrow").nth(n).bounding_box() for n in (0, 1)]
    earlier, later = (box["x"] for box in arrows if box)
    assert (earlier < later) == (words.direction == "ltr")
    expect_to_fit(page)
    page.get_by_role("region", name=words.next_times).get_by_role("link").first.tap()
    expect_to_fit(page)
    page.get_by_label(words.name, exact=True).fill("Cleo Client")
    page.get_by_label(words.email, exact=True).fill("cleo@example.com")
    page.get_by_role("button", name=words.confirm).tap()
    expect(page.get_by_role("heading", name=words.booked)).to_be_visible()
    expect_to_fit(page)
    booking = Booking.objects.get()
    assert (booking.one_time_link, booking.client_language) == (link, words.tag)
    assert booking.client_time_zone == words.zone


def expect_to_fit(page: Page) -> None:
    """Assert that the page is no wider than the screen."""
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == page.evaluate("document.documentElement.clientWidth")


def test_language_is_switched_where_it_is_read(
    new_page: Callable[..., Page], calendar: Calendar
) -> None:
    """The switch works in the embed without cookies, on a client's page and on the sign-in page."""
    page = new_page(timezone_id="Europe/Berlin")
    page.goto("/book/discovery-call/embed/")
    switch_to(page, "English", "Deutsch")
    page.context.clear_cookies()
    page.get_by_role("link", name="Nächster Monat").click()
    expect(page.locator("#month-heading")).to_be_focused()
    page.locator(".times").get_by_role("link", name=":30").first.click()
    expect(page.get_by_role("button", name="Termin buchen")).to_be_visible()
    page.goto("/book/discovery-call/")
    switch_to(page, "Deutsch", "العربية")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.goto("/book/discovery-call/")
    expect(page.get_by_role("link", name="الشهر التالي")).to_be_visible()
    page.goto("/sign-in/")
    switch_to(page, "العربية", "日本語")
    expect(page.get_by_role("heading", name="ログイン")).to_be_visible()


def switch_to(page: Page, present: str, wanted: str) -> None:
    page.locator(".languages summary", has_text=present).click()
    page.locator(".languages").get_by_role("link", name=wanted, exact=True).click()


@pytest.mark.browser
@pytest.mark.parametrize(("tag", "city"), [("uk-UA", "Колката"), ("hi-IN", "कोलकाता")])
def test_cold_page_in_its_heaviest_languages_is_one_flight(
    server_process: Server, chromium: Browser, link: OneTimeLink, tag: str, city: str
) -> None:
    """The limit covers all bytes sent, with headers and the part for the browser's own zone."""
    Calendar.objects.update(description=DESCRIPTION)
    pages = Pages(chromium, server_process.url)
    page = pages.open(**PHONE, locale=tag, timezone_id="Asia/Kolkata")
    asked: dict[str, str] = {}
    sizes: list[tuple[str, int]] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on(
        "Network.responseReceived",
        lambda event: asked.update({event["requestId"]: event["response"]["url"]}),
    )
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.append((asked[event["requestId"]], int(event["encodedDataLength"]))),
    )
    page.goto(link.get_absolute_url(), wait_until="networkidle")
    expect(page.get_by_text(city).first).to_be_visible()
    # The browser asks for the icon last, at a time of its own.
    while not any(url.endswith(".svg") and size for url, size in sizes):
        page.wait_for_timeout(20)
    assert pages.problems == []
    pages.close()
    # The six answers: HTML, two style sheets, script, icon, and the part for the browser's zone.
    assert len(dict(sizes)) == 6, sizes
    assert sum(size for _url, size in sizes) <= FLIGHT, sizes
