"""A walk from an empty installation to a used link, through the pages alone."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from calendars.models import Calendar, Owner
from onetime_links.models import OneTimeLink, Status
from tests.support.pages.browser import PHONE, sign_in
from tests.support.world.factories import CalendarFactory

PASSWORD = "a long enough pass phrase"
KATHMANDU = "Asia/Kathmandu"  # UTC+5:45, without clock changes


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    return CalendarFactory.create(owner=olive, name="Discovery call", slug="discovery-call")


def book(page: Page) -> None:
    page.get_by_label("Name").fill("Cleo Client")
    page.get_by_label("Email").fill("cleo@example.com")
    page.get_by_role("button", name="Confirm booking").click()
    expect(page.get_by_role("heading", name="You’re booked")).to_be_visible()


def link_from_the_share_dialog(page: Page) -> str:
    page.goto("/calendars/")
    page.get_by_role("button", name="More actions for Discovery call").click()
    page.get_by_role("menuitem", name="Share").click()
    dialog = page.get_by_role("dialog", name="Share Discovery call")
    dialog.get_by_role("link", name="One Time Link").click()
    dialog.get_by_role("button", name="Generate New Link").click()
    field = dialog.get_by_label("Your new link")
    expect(field).to_have_value(re.compile(r"/l/\w{22,}/$"))
    return field.input_value()


def link_from_the_edit_form(page: Page) -> str:
    page.goto("/calendars/discovery-call/one-time-links/")
    page.get_by_role("link", name="Generate Link").or_(
        page.get_by_role("button", name="Generate Link")
    ).first.click()
    page.get_by_label("Note").fill("Acme, Ms Ito")
    page.get_by_role("button", name="Generate Link").click()
    field = page.get_by_label("Your new link")
    expect(field).to_have_value(re.compile(r"/l/\w{22,}/$"))
    return field.input_value()


@pytest.mark.parametrize("make_link", [link_from_the_share_dialog, link_from_the_edit_form])
def test_link_made_by_the_owner_is_used_by_the_client(
    new_page: Callable[..., Page], calendar: Calendar, make_link: Callable[[Page], str]
) -> None:
    owner_page = new_page()
    sign_in(owner_page, calendar.owner)
    address = make_link(owner_page)
    client_page = new_page(**PHONE, timezone_id="Europe/Berlin")
    client_page.goto(address)
    client_page.get_by_role("region", name="Next free times").get_by_role("link").first.tap()
    book(client_page)
    assert OneTimeLink.objects.get().status(at=timezone.now()) == Status.USED
    owner_page.goto("/calendars/discovery-call/one-time-links/")
    row = owner_page.get_by_role("region", name="Active Links").get_by_role("listitem")
    expect(row).to_contain_text("Used")
    expect(row).to_contain_text("booked by Cleo Client")
    row.get_by_role("link", name="booked by Cleo Client").click()
    expect(owner_page.get_by_role("heading", name="Cleo Client")).to_be_visible()


def next_monday() -> date:
    """Return a Monday a week or two ahead."""
    soon = timezone.now().date() + timedelta(days=8)
    return soon + timedelta(days=-soon.weekday() % 7)


def times_on(page: Page, day: date, *, zone: str = "Kathmandu") -> list[str]:
    page.goto(f"/book/odd-hours/?day={day.isoformat()}")
    expect(page.get_by_text(f"Times in {zone} time")).to_be_visible()
    return (
        # The day is found by its date: if nothing is free on it, the page shows another one.
        page.get_by_role("region", name=re.compile(f"{day:%A} {day.day} "))
        .get_by_role("listitem")
        .all_inner_texts()
    )


def set_hours(page: Page, day: str, *ranges: tuple[str, str]) -> None:
    """Type the ranges of one day, after removing or adding rows until they fit."""
    group = page.get_by_role("group", name=day, exact=True)
    rows = group.get_by_role("textbox", name=re.compile(f"^{day} from"))
    while rows.count() > len(ranges):
        count = rows.count()
        group.get_by_role("button", name=re.compile("^Remove ")).last.click()
        expect(rows).to_have_count(count - 1)
    while rows.count() < len(ranges):
        count = rows.count()
        group.get_by_role("button", name=f"Add hours on {day}").click()
        expect(rows).to_have_count(count + 1)
    for n, (start, end) in enumerate(ranges):
        rows.nth(n).fill(start)
        group.get_by_role("textbox", name=re.compile(f"^{day} to")).nth(n).fill(end)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("status").first).not_to_be_empty()


def test_odd_calendar_made_through_the_pages_offers_what_was_meant(
    new_page: Callable[..., Page], settings: Any, db: None
) -> None:
    settings.SIGN_UP_OPEN = True
    page = new_page(timezone_id=KATHMANDU)
    page.goto("/sign-up/")
    page.get_by_label("Email").fill("nima@example.com")
    page.get_by_label("Display name").fill("Nima Owner")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()

    page.goto("/calendars/new/")
    page.get_by_label("Name").fill("Odd hours")
    page.get_by_label("Duration").fill("25")
    page.get_by_label("Time zone").select_option(KATHMANDU)
    page.get_by_role("button", name="Create calendar").click()

    page.get_by_role("link", name="Availability").click()
    set_hours(page, "Monday", ("09:00", "10:00"), ("22:50", "24:00"))
    set_hours(page, "Tuesday", ("00:00", "00:30"))
    save(page)

    monday = next_monday()
    tuesday = monday + timedelta(days=1)
    page.get_by_role("link", name="Add dates").click()
    page.get_by_label("Date", exact=True).fill((monday + timedelta(days=7)).isoformat())
    page.get_by_label("Day off").check()
    save(page)

    page.get_by_role("link", name="Booking rules").click()
    page.get_by_label("Slot interval").fill("10")
    page.get_by_label("Buffer before").fill("5")
    page.get_by_label("Buffer after").fill("10")
    save(page)

    client_page = new_page(timezone_id=KATHMANDU)
    # A slot of 25 minutes from 09:40 would leave the first range. Slots from 23:40 on run past
    # midnight into Tuesday's first half hour, which has room for one slot of its own.
    late = ["22:50", "23:00", "23:10", "23:20", "23:30", "23:40", "23:50"]
    assert times_on(client_page, monday) == ["09:00", "09:10", "09:20", "09:30", *late]
    assert times_on(client_page, tuesday) == ["00:00"]
    # The day off has no times, and no link in the month.
    assert times_on(client_page, monday + timedelta(days=7)) == []

    # 09:10 blocks 09:05 to 09:45, buffers included: nothing is left of the morning. 23:50 blocks
    # 23:45 to 00:25: slots that end by 23:35 are left, as 10 minutes of buffer follow them.
    for time in ("09:10", "23:50"):
        client_page.goto(f"/book/odd-hours/?day={monday.isoformat()}")
        client_page.get_by_role("link", name=time, exact=True).click()
        book(client_page)
    assert times_on(client_page, monday) == ["22:50", "23:00", "23:10"]
    assert times_on(client_page, tuesday) == []
    # A client five hours and 45 minutes further west sees the same instants.
    elsewhere = new_page(timezone_id="UTC")
    assert times_on(elsewhere, monday, zone="UTC") == ["17:05", "17:15", "17:25"]
