"""A client changes their booking in a real browser."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from booking.models import Act, Booking, Change
from calendars.models import Calendar, Owner
from tests.booking.client.test_browser import BERLIN, foreign_site
from tests.support.pages.browser import PHONE
from tests.support.world.factories import BookingFactory, CalendarFactory

__all__ = ["foreign_site"]  # a fixture


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    """Return a calendar that is open day and night, so the time of the test does not matter."""
    hours = [(weekday, 0, 24 * 60) for weekday in range(7)]
    return CalendarFactory.create(
        owner=olive, name="Discovery call", slug="discovery-call", time_zone=BERLIN, hours=hours
    )


@pytest.fixture
def booking(calendar: Calendar) -> Booking:
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    return BookingFactory.create(calendar=calendar, starts_at=noon + timedelta(days=3))


def another_day(booking: Booking) -> str:
    """Return the address of a date whose times are all free."""
    day = (booking.starts_at + timedelta(days=1)).date()
    return f"{booking.get_absolute_url()}reschedule/?day={day.isoformat()}"


def test_booking_is_moved_and_then_cancelled(
    new_page: Callable[..., Page], booking: Booking
) -> None:
    page = new_page(**PHONE, timezone_id=BERLIN)
    page.goto(booking.get_absolute_url())
    page.get_by_role("link", name="Reschedule").tap()
    page.get_by_role("region", name="Next free times").get_by_role("link").first.tap()
    page.get_by_label("Message to Olive Owner").fill("The train is late.")
    page.get_by_role("button", name="Confirm new time").tap()
    expect(page.get_by_role("heading", name="Your booking was moved")).to_be_visible()
    expect(page.get_by_text("You moved it from")).to_be_visible()
    moved = Booking.objects.get()
    assert moved.starts_at < booking.starts_at
    page.get_by_role("link", name="Cancel").tap()
    expect(page.get_by_role("heading", name="Cancel this booking?")).to_be_visible()
    page.get_by_label("Reason").fill("I am ill.")
    page.get_by_role("button", name="Cancel booking").tap()
    expect(page.get_by_role("heading", name="This booking was cancelled")).to_be_visible()
    assert [change.message for change in Change.objects.all()] == [
        "The train is late.",
        "I am ill.",
    ]
    page.get_by_role("link", name="Book another time").tap()
    expect(page.get_by_role("heading", name="Discovery call")).to_be_visible()


def test_keyboard_alone_moves(new_page: Callable[..., Page], booking: Booking) -> None:
    page = new_page(timezone_id=BERLIN)
    page.goto(booking.get_absolute_url())
    page.get_by_role("link", name="Reschedule").focus()
    page.keyboard.press("Enter")
    # The month that was swapped in gets the focus, as after a click.
    page.get_by_role("link", name="Next month").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#month-heading")).to_be_focused()
    page.get_by_role("link", name="10:00", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#form-heading")).to_be_focused()
    expect(page.locator("#form-heading")).to_contain_text("New:")
    page.keyboard.press("Tab")  # Choose another time
    page.keyboard.press("Tab")  # Keep this time
    page.keyboard.press("Tab")
    expect(page.get_by_label("Message to Olive Owner")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your booking was moved")).to_be_visible()
    assert Booking.objects.get().sequence == 1


def test_zone_is_the_bookings_until_another_is_chosen(
    new_page: Callable[..., Page], booking: Booking
) -> None:
    page = new_page(timezone_id="Asia/Tokyo")
    page.goto(another_day(booking))
    expect(page.get_by_text("Times in Berlin time")).to_be_visible()
    page.get_by_role("link", name="Change time zone").click()
    page.get_by_label("Your time zone or city").fill("Tokyo")
    page.get_by_role("button", name="Use this time zone").click()
    expect(page.get_by_text("Times in Tokyo time (UTC+9)")).to_be_visible()
    page.get_by_role("link", name="10:00", exact=True).click()
    page.get_by_role("button", name="Confirm new time").click()
    expect(page.get_by_role("heading", name="Your booking was moved")).to_be_visible()
    expect(page.get_by_text("10:00–10:30 (Tokyo time)")).to_be_visible()
    assert Booking.objects.get().client_time_zone == "Asia/Tokyo"


@pytest.mark.parametrize("allowed_errors", [["status of 409"]])
def test_slot_gone_and_second_tab_cost_one_more_tap(
    new_page: Callable[..., Page], booking: Booking, allowed_errors: list[str]
) -> None:
    page = new_page(timezone_id=BERLIN)
    page.goto(another_day(booking))
    second = page.context.new_page()
    second.goto(another_day(booking))
    for tab, time in ((page, "10:00"), (second, "15:00")):
        tab.get_by_role("link", name=time, exact=True).click()
        tab.get_by_label("Message to Olive Owner").fill("Kept words")
    taken = page.locator("#form-heading time").last.get_attribute("datetime") or ""
    BookingFactory.create(calendar=booking.calendar, starts_at=datetime.fromisoformat(taken))
    page.get_by_role("button", name="Confirm new time").click()
    expect(page.get_by_role("alert")).to_contain_text("That time was just taken.")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("list", name="Next free times").get_by_role("button").first.click()
    expect(page.locator("#form-heading")).to_be_focused()
    expect(page.get_by_label("Message to Olive Owner")).to_have_value("Kept words")
    page.get_by_role("button", name="Confirm new time").click()
    expect(page.get_by_role("heading", name="Your booking was moved")).to_be_visible()
    second.get_by_role("button", name="Confirm new time").click()
    expect(second.get_by_role("alert")).to_contain_text("was changed in the meantime")
    expect(second.get_by_label("Message to Olive Owner")).to_have_value("Kept words")
    second.get_by_role("button", name="Confirm new time").click()
    expect(second.get_by_role("heading", name="Your booking was moved")).to_be_visible()
    assert Booking.objects.get(pk=booking.pk).sequence == 2


def test_back_button_and_double_click_move_once(
    new_page: Callable[..., Page], booking: Booking
) -> None:
    page = new_page(timezone_id=BERLIN)
    page.goto(another_day(booking))
    page.get_by_role("link", name="10:00", exact=True).click()
    page.get_by_role("button", name="Confirm new time").dblclick()
    expect(page.get_by_role("heading", name="Your booking was moved")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Your booking is at that time already.")).to_be_visible()
    page.get_by_role("link", name="Keep this time").click()
    expect(page.get_by_role("heading", name="Your booking was moved")).to_be_visible()
    assert Change.objects.get().act == Act.RESCHEDULED


def test_framed_booking_is_changed_in_a_tab_of_its_own(
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
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name="Cancel in a new tab").click()
    opened.value.get_by_role("button", name="Cancel booking").click()
    expect(opened.value.get_by_role("heading", name="This booking was cancelled")).to_be_visible()
    assert not Booking.objects.get().is_live
