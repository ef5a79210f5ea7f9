"""A tap on another date of the month that a page shows brings the times of that date alone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from booking.models import Booking
from calendars.models import Calendar, Owner
from onetime_links.models import OneTimeLink
from tests.support.database.queries import at_most_queries
from tests.support.pages.parsing import text_of
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
BERLIN = "Europe/Berlin"
ASKED = {"X-Fragment": "day"}


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    return CalendarFactory.create(owner=olive, slug="discovery-call", time_zone=BERLIN)


@pytest.fixture
def pages_of(calendar: Calendar) -> list[str]:
    """Every page on which a client chooses a time."""
    link = OneTimeLinkFactory.create(calendar=calendar)
    booking = BookingFactory.create(calendar=calendar, starts_at=SUNDAY + timedelta(days=3))
    public = reverse("booking:public_page", args=[calendar.slug])
    move = f"{booking.get_absolute_url()}reschedule/"
    return [public, f"{public}embed/", link.get_absolute_url(), move]


def section(text: str, start: str, end: str) -> str:
    """Return the words of the one part of a page that begins with `start`."""
    _before, found = text.split(start)
    return " ".join((start + found.split(end)[0] + end).split())


@pytest.mark.parametrize(
    "state", ["day=2026-11-25", "day=2026-12-01&tz=Asia/Kolkata", "day=2026-11-25&clock=12&lang=fr"]
)
@time_machine.travel(SUNDAY, tick=False)
def test_day_alone_is_what_the_whole_page_shows_of_it(
    client: Client, pages_of: list[str], state: str
) -> None:
    for address in pages_of:
        whole = text_of(client.get(f"{address}?{state}"))
        with at_most_queries(4 if "reschedule" in address else 3):
            day = client.get(f"{address}?{state}", headers=ASKED)
        assert (day.status_code, day["X-Fragment"]) == (200, "day")
        parts = text_of(day)
        assert "<table" not in parts
        for part in ('<section class="times"', "</section>"), ('<p class="zone"', "</p>"):
            assert section(parts, *part) == section(whole, *part)
        assert "X-Fragment" in day["Vary"]


@pytest.mark.parametrize(
    "state",
    [
        "",
        "month=2026-12",
        "day=2026-11-29",  # a Sunday, on which nothing is free
        "day=2027-11-25",  # beyond the booking window
        "day=2026-11-25&change=zone",
        "day=2026-11-25&tz=Atlantis",
        "day=nonsense",
    ],
)
@time_machine.travel(SUNDAY, tick=False)
def test_whole_picker_comes_where_the_day_alone_would_be_wrong(
    client: Client, pages_of: list[str], state: str
) -> None:
    for address in pages_of:
        answer = client.get(f"{address}?{state}", headers=ASKED)
        assert answer["X-Fragment"] == "1"
        assert "<table" in text_of(answer)


@time_machine.travel(SUNDAY, tick=False)
def test_form_for_a_time_comes_whole(client: Client, pages_of: list[str]) -> None:
    for address in pages_of:
        answer = client.get(f"{address}?at=2026-11-24T09:00Z", headers=ASKED)
        assert answer["X-Fragment"] == "1"
        assert "form-heading" in text_of(answer)


@pytest.fixture
def link(calendar: Calendar) -> OneTimeLink:
    every_day = [(weekday, 0, 24 * 60) for weekday in range(7)]
    calendar = CalendarFactory.create(
        owner=calendar.owner, time_zone=BERLIN, hours=every_day, booking_window_days=100
    )
    return OneTimeLinkFactory.create(calendar=calendar)


def open_next_month(page: Page, link: OneTimeLink) -> None:
    """Open a month in which every day is free, and mark its table to know it again."""
    month = (timezone.now().date().replace(day=1) + timedelta(days=31)).replace(day=1)
    page.goto(f"{link.get_absolute_url()}?month={month:%Y-%m}")
    expect(page.get_by_text(f"Times in {page.evaluate(CITY)} time").first).to_be_visible()
    page.locator("table").evaluate("table => { table.kept = true; }")


CITY = "Intl.DateTimeFormat().resolvedOptions().timeZone.split('/')[1]"


def test_month_stays_when_a_day_is_tapped(new_page: Callable[..., Page], link: OneTimeLink) -> None:
    page = new_page(timezone_id="Asia/Tokyo")
    open_next_month(page, link)
    parts: list[str | None] = []
    page.on("request", lambda request: parts.append(request.headers.get("x-fragment")))
    days = page.get_by_role("table").get_by_role("link")
    for number in (4, 9):
        day = days.nth(number)
        date_name = (day.get_attribute("aria-label") or "").split(",")[0]
        day.click()
        expect(page.get_by_role("heading", name=date_name)).to_be_focused()
        expect(page.locator("td [aria-current]")).to_have_count(1)
        expect(day).to_have_attribute("aria-current", "true")
        expect(page.get_by_role("list", name=date_name).get_by_role("listitem")).to_have_count(48)
    assert [part for part in parts if part] == ["day", "day"]
    assert page.locator("table").evaluate("table => table.kept")
    page.go_back()
    expect(days.nth(4)).to_have_attribute("aria-current", "true")
    page.get_by_role("list", name=(days.nth(4).get_attribute("aria-label") or "").split(",")[0])
    # The tapped day decides what the line of the zone leads back to.
    days.nth(7).click()
    expect(days.nth(7)).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="Change time zone").click()
    expect(days.nth(7)).to_have_attribute("aria-current", "true")


def test_tapped_day_that_has_filled_up_brings_the_month_anew(
    new_page: Callable[..., Page], link: OneTimeLink
) -> None:
    page = new_page(timezone_id=BERLIN)
    open_next_month(page, link)
    day = page.get_by_role("table").get_by_role("link").nth(3)
    name = day.get_attribute("aria-label") or ""
    Calendar.objects.filter(pk=link.calendar_id).update(daily_cap=1)
    date = (day.get_attribute("href") or "").split("day=")[1][:10]
    starts_at = datetime.fromisoformat(f"{date}T10:00+00:00")
    BookingFactory.create(calendar=link.calendar, starts_at=starts_at)
    assert Booking.objects.count() == 1
    day.click()
    expect(page.get_by_role("link", name=name)).to_have_count(0)
    expect(page.locator("#times-heading")).to_be_focused()
    assert not page.locator("table").evaluate("table => table.kept")
