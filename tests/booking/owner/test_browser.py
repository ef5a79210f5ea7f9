"""Tests of the owner's bookings in a real browser: by keyboard, by touch, and without scripts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from booking.models import Booking
from calendars.kit.walltime import day_start, local_date
from calendars.models import Calendar, Owner
from onetime_links.models import OneTimeLink
from tests.support.pages.browser import PHONE, sign_in
from tests.support.pages.inspecting import misfits
from tests.support.world.factories import BookingFactory, OneTimeLinkFactory

LIST = "/bookings/"
DAY = timedelta(days=1)


def next_monday(calendar: Calendar) -> datetime:
    """Return 10:00 of a Monday that is more than a week ahead."""
    today = local_date(datetime.now(UTC), calendar.zone)
    monday = today + (14 - today.weekday()) * DAY
    return day_start(monday, calendar.zone) + timedelta(hours=10)


@pytest.fixture
def booking(pages: object, calendar: Calendar) -> Booking:
    link = OneTimeLinkFactory.create(calendar=calendar, note="Acme, Ms Ito")
    return BookingFactory.create(
        calendar=calendar, one_time_link=link, starts_at=next_monday(calendar)
    )


@pytest.fixture
def owner_page(page: Page, booking: Booking, olive: Owner) -> Page:
    """Return a page on a phone, with Olive signed in."""
    sign_in(page, olive)
    return page


def test_from_the_list_to_a_cancellation_and_a_new_link(owner_page: Page, booking: Booking) -> None:
    page = owner_page
    page.goto(LIST)
    # The whole row leads to the booking, not only its name.
    page.locator(f"#booking-{booking.pk}").click(position={"x": 250, "y": 20})
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cleo Client")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_label("Message").fill("The room is flooded.")
    page.get_by_role("button", name="Cancel booking").click()
    expect(page.get_by_role("status").first).to_contain_text("The time is free again.")
    expect(page.get_by_text("The room is flooded.")).to_be_visible()
    page.get_by_role("button", name="Send a new link").dblclick()
    field = page.get_by_label("Your new link")
    expect(field).to_be_focused()
    link = OneTimeLink.objects.exclude(booking=booking).get()
    expect(field).to_have_value(link.address)
    assert link.note == "Acme, Ms Ito"
    page.wait_for_function("text => getSelection().toString() === text", arg=link.address)
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_visible()


def test_reschedule_by_keyboard_follows_the_date(
    owner_page: Page, booking: Booking, calendar: Calendar
) -> None:
    page = owner_page
    tuesday = booking.starts_at + DAY
    BookingFactory.create(calendar=calendar, client_name="Jo Berg", starts_at=tuesday)
    page.goto(f"{LIST}{booking.pk}/reschedule/")
    expect(page.get_by_role("button", name="Show free times")).to_be_hidden()
    page.get_by_label("Message").fill("Half typed")
    page.get_by_label("Date").fill(f"{tuesday:%Y-%m-%d}")
    expect(page.get_by_role("group", name=f"Free on Tuesday {tuesday.day}")).to_be_visible()
    expect(page.get_by_role("radio", name="10:00")).to_have_count(0)
    page.get_by_role("radio", name="09:30").focus()
    page.keyboard.press("Space")
    expect(page.locator("#id_time")).to_be_hidden()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="09:00")).to_be_checked()
    page.get_by_role("radio", name="Other time").check()
    typed = page.locator("#id_time")
    expect(typed).to_be_visible()
    typed.fill("10:15")
    typed.blur()
    expect(page.get_by_text("That would overlap Jo Berg’s booking")).to_be_visible()
    typed.fill("20:00")
    typed.blur()
    expect(page.get_by_text("Outside your hours.")).to_be_visible()
    expect(page.get_by_label("Message")).to_have_value("Half typed")
    page.get_by_role("button", name="Reschedule").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Rescheduled to")
    assert Booking.objects.get(pk=booking.pk).starts_at == tuesday + timedelta(hours=10)


def test_entered_twice_by_a_double_click_is_one(
    owner_page: Page, booking: Booking, calendar: Calendar
) -> None:
    page = owner_page
    page.goto(f"{LIST}new/")
    page.get_by_label("Name").fill("Noor Haddad")
    page.get_by_role("radio", name="12:00").tap()
    page.get_by_role("button", name="Book", exact=True).dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Noor Haddad")
    expect(page.get_by_text("Entered by you", exact=True)).to_be_visible()
    assert Booking.objects.filter(client_name="Noor Haddad").count() == 1


def test_everything_works_without_scripts(
    new_page: Callable[..., Page], booking: Booking, olive: Owner
) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, olive)
    page.goto(LIST)
    page.get_by_role("searchbox").fill("cleo")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Cleo Client").click()
    page.get_by_role("link", name="Reschedule").click()
    wednesday = booking.starts_at + 2 * DAY
    page.get_by_label("Date").fill(f"{wednesday:%Y-%m-%d}")
    page.get_by_role("button", name="Show free times").click()
    expect(page.get_by_role("group", name=f"Free on Wednesday {wednesday.day}")).to_be_visible()
    page.get_by_role("radio", name="14:30").check()
    page.get_by_role("button", name="Reschedule").click()
    expect(page.get_by_text("Rescheduled to").first).to_be_visible()
    moved = Booking.objects.get().starts_at
    assert moved == wednesday + timedelta(hours=4, minutes=30)


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_pages_hold_long_words_and_targets_are_large_enough(
    new_page: Callable[..., Page], booking: Booking, olive: Owner, width: int
) -> None:
    word = "W" * 100
    Booking.objects.update(
        client_name=word,
        client_email=f"{'w' * 60}@{'w' * 60}.example",
        answers=[{"question": word, "answer": word}],
    )
    OneTimeLink.objects.update(note=word)
    Calendar.objects.update(name=word, location=word)
    options = {**PHONE, "viewport": {"width": width, "height": 800}} if width < 640 else {}
    page = new_page(**options)
    sign_in(page, olive)
    for path in ("", f"{booking.pk}/", f"{booking.pk}/reschedule/", "new/"):
        page.goto(LIST + path)
        assert misfits(page) == [], path
