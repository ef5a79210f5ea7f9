"""The owner's pages in a real browser, by role and label."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from calendars.hours import load_schedule
from calendars.models import Calendar, Owner
from calendars.schedule import Hours
from tests.support.pages.browser import PHONE, sign_in
from tests.support.pages.inspecting import misfits
from tests.support.world.factories import PASSWORD, CalendarFactory

SETTINGS = "/calendars/"
AVAILABILITY = "/calendars/discovery-call/availability/"
SHARE = "/calendars/discovery-call/share/"


@pytest.fixture
def allowed_errors() -> list[str]:
    return ["status of 422"]


@pytest.fixture
def owner_page(desktop_page: Page, call: Calendar) -> Page:
    sign_in(desktop_page, call.owner)
    return desktop_page


@pytest.fixture
def without_script(new_page: Callable[..., Page], call: Calendar) -> Page:
    page = new_page(java_script_enabled=False)
    sign_in(page, call.owner)
    return page


def weekly(calendar: Calendar) -> dict[int, list[Hours]]:
    schedule = load_schedule(calendar, first=date.max, last=date.max)
    return {day: list(hours) for day, hours in schedule.weekly.items()}


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).last.click()


def more_actions(page: Page) -> Locator:
    return page.get_by_role("button", name="More actions for Discovery call", exact=True)


# The ⋮ menu


def test_menu_works_with_the_keyboard(owner_page: Page) -> None:
    owner_page.goto(SETTINGS)
    more_actions(owner_page).focus()
    owner_page.keyboard.press("Enter")
    items = owner_page.get_by_role("menuitem")
    expect(items).to_have_text(
        ["Edit", "Share", "View booking page", "Duplicate", "Pause", "Delete"]
    )
    expect(items.nth(0)).to_be_focused()
    for key, index in [("ArrowDown", 1), ("End", 5), ("ArrowDown", 0), ("ArrowUp", 5), ("Home", 0)]:
        owner_page.keyboard.press(key)
        expect(items.nth(index)).to_be_focused()
    owner_page.keyboard.press("Escape")
    expect(owner_page.get_by_role("menu")).to_have_count(0)
    expect(more_actions(owner_page)).to_be_focused()


def test_menu_leads_where_it_says(owner_page: Page) -> None:
    for item, address in [
        ("Edit", "/calendars/discovery-call/meeting-details/"),
        ("View booking page", "/book/discovery-call/"),
        ("Duplicate", "/calendars/discovery-call-2/meeting-details/"),
        ("Pause", "/calendars/"),
        ("Delete", "/calendars/discovery-call/delete/"),
    ]:
        owner_page.goto(SETTINGS)
        more_actions(owner_page).click()
        owner_page.get_by_role("menuitem", name=item).click()
        expect(owner_page).to_have_url(re.compile(re.escape(address) + r"(\?.*)?$"))


def test_menu_stands_at_its_button(owner_page: Page) -> None:
    owner_page.goto(SETTINGS)
    more_actions(owner_page).click()
    button, menu = more_actions(owner_page).bounding_box(), owner_page.get_by_role("menu")
    box = menu.bounding_box()
    assert button
    assert box
    assert abs(button["x"] + button["width"] - box["x"] - box["width"]) < 2
    assert 0 <= box["y"] - button["y"] - button["height"] < 10


def test_menu_works_without_script(without_script: Page, call: Calendar) -> None:
    without_script.goto(SETTINGS)
    more_actions(without_script).click()
    expect(without_script.get_by_role("link", name="View booking page")).to_be_visible()
    without_script.get_by_role("button", name="Pause").click()
    expect(without_script.get_by_role("status")).to_have_text(
        "“Discovery call” is paused: it takes no bookings."
    )


# The Share dialog


def open_share(page: Page) -> Locator:
    page.goto(SETTINGS)
    more_actions(page).click()
    page.get_by_role("menuitem", name="Share").click()
    return page.get_by_role("dialog", name="Share Discovery call")


def test_share_opens_a_dialog_with_tabs(owner_page: Page) -> None:
    dialog = open_share(owner_page)
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("link", name="Scheduling Link")).to_have_attribute(
        "aria-current", "page"
    )
    expect(dialog.get_by_role("img", name="QR code of the scheduling link")).to_be_visible()
    dialog.get_by_role("link", name="Embed Code").click()
    tab = dialog.get_by_role("link", name="Embed Code")
    expect(tab).to_have_attribute("aria-current", "page")
    expect(tab).to_be_focused()
    frame = dialog.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Discovery call").first).to_be_visible()
    expect(owner_page).to_have_url(re.compile(r"/calendars/$"))


def test_closing_the_dialog_gives_the_focus_back(owner_page: Page) -> None:
    dialog = open_share(owner_page)
    for close in (
        lambda: owner_page.keyboard.press("Escape"),
        lambda: dialog.get_by_role("button", name="Close").click(),
        lambda: owner_page.mouse.click(10, 10),
    ):
        expect(dialog).to_be_visible()
        close()
        expect(dialog).to_be_hidden()
        expect(more_actions(owner_page)).to_be_focused()
        open_share(owner_page)


def test_share_is_a_page_without_script(without_script: Page) -> None:
    without_script.goto(SETTINGS)
    more_actions(without_script).click()
    without_script.get_by_role("link", name="Share").click()
    expect(without_script).to_have_url(re.compile(SHARE))
    expect(without_script.get_by_role("heading", name="Share Discovery call")).to_be_visible()
    expect(without_script.get_by_label("Scheduling link")).to_have_value(
        re.compile(r"http.*/book/discovery-call/$")
    )
    expect(without_script.get_by_role("button", name="Copy")).to_be_hidden()
    without_script.get_by_role("link", name="Embed Code").click()
    expect(without_script).to_have_url(re.compile("/share/embed/"))


# Copy


@pytest.mark.parametrize("clipboard_api", [True, False])
def test_copy_copies_and_says_so(owner_page: Page, clipboard_api: bool) -> None:
    if clipboard_api:
        owner_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    else:
        owner_page.add_init_script(
            "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
        )
    copy_from(open_share(owner_page), owner_page)
    owner_page.goto(SHARE)
    copy_from(owner_page, owner_page)


def copy_from(place: Page | Locator, page: Page) -> None:
    address = place.get_by_label("Scheduling link").input_value()
    place.get_by_role("button", name="Copy", exact=True).click()
    expect(place.get_by_role("button", name="Copied", exact=True)).to_be_focused()
    expect(place.get_by_role("status").filter(has_text="Copied")).to_have_text("Copied")
    # The clipboard is read by pasting, as a person would.
    page.goto("/profile/")
    page.get_by_label("Display name").fill("")
    page.get_by_label("Display name").press("Control+V")
    expect(page.get_by_label("Display name")).to_have_value(address)


# The hours editor


def test_hours_are_edited_with_the_keyboard_alone(owner_page: Page, call: Calendar) -> None:
    owner_page.goto(AVAILABILITY)
    owner_page.get_by_label("Monday to", exact=True).fill("12")
    owner_page.get_by_role("button", name="Add hours on Monday").press("Enter")
    expect(owner_page.get_by_label("Monday from (2)")).to_be_focused()
    owner_page.keyboard.type("6 pm")
    owner_page.keyboard.press("Tab")
    owner_page.keyboard.type("24:00")
    owner_page.keyboard.press("Enter")  # Enter saves and presses no Remove
    expect(owner_page.get_by_role("status")).to_have_text("Availability saved.")
    assert weekly(call)[0] == [Hours(540, 720), Hours(1080, 1440)]


WATCH = """
  new MutationObserver((_, observer) => {
    observer.disconnect();
    window.focused = document.activeElement.getAttribute("aria-label");
  }).observe(document.body, { childList: true, subtree: true })
"""


def test_new_row_and_its_focus_come_at_once(owner_page: Page) -> None:
    """A new row has its focus at once: later it would interrupt people who type already."""
    owner_page.goto(AVAILABILITY)
    owner_page.evaluate(WATCH)
    owner_page.get_by_role("button", name="Add hours on Monday").press("Enter")
    expect(owner_page.get_by_label("Monday from (2)")).to_be_focused()
    assert owner_page.evaluate("window.focused") == "Monday from (2)"


def test_hours_are_copied_to_other_days(owner_page: Page, call: Calendar) -> None:
    owner_page.goto(AVAILABILITY)
    owner_page.get_by_label("Monday from", exact=True).fill("10")
    owner_page.get_by_role("button", name="Copy to… Monday").click()
    chooser = owner_page.get_by_role("group", name="Copy the hours of Monday to")
    for day in ("Tuesday", "Sunday"):
        chooser.get_by_label(day).check()
    chooser.get_by_role("button", name="Copy", exact=True).click()
    expect(owner_page.get_by_label("Sunday from", exact=True)).to_have_value("10")
    expect(chooser).to_be_hidden()
    save(owner_page)
    expect(owner_page.get_by_role("status")).to_have_text("Availability saved.")
    hours = weekly(call)
    assert hours[0] == hours[1] == hours[6] == [Hours(600, 1020)]
    assert hours[2] == [Hours(540, 1020)]


def test_removed_range_is_gone_and_the_focus_stays_near(owner_page: Page, call: Calendar) -> None:
    owner_page.goto(AVAILABILITY)
    owner_page.get_by_role("button", name="Remove 09:00–17:00 on Friday").click()
    expect(owner_page.get_by_label("Friday from")).to_have_count(0)
    expect(owner_page.get_by_role("button", name="Add hours on Friday")).to_be_focused()
    save(owner_page)
    expect(owner_page.get_by_role("status")).to_have_text("Availability saved.")
    assert 4 not in weekly(call)


def test_hours_are_edited_without_script(without_script: Page, call: Calendar) -> None:
    without_script.goto(AVAILABILITY)
    without_script.get_by_role("button", name="Add hours on Saturday").click()
    without_script.get_by_label("Saturday from", exact=True).fill("9")
    without_script.get_by_label("Saturday to", exact=True).fill("0:00")
    without_script.get_by_role("button", name="Copy to… Saturday").click()
    group = without_script.get_by_role("group", name="Copy the hours of Saturday to")
    group.get_by_label("Sunday").check()
    group.get_by_role("button", name="Copy", exact=True).click()
    save(without_script)
    assert weekly(call)[5] == weekly(call)[6] == [Hours(540, 1440)]


def test_errors_take_the_focus_and_lead_to_their_field(owner_page: Page) -> None:
    owner_page.goto(AVAILABILITY)
    owner_page.get_by_label("Tuesday from", exact=True).fill("late")
    save(owner_page)
    summary = owner_page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Tuesday").click()
    expect(owner_page.get_by_label("Tuesday from", exact=True)).to_be_focused()


def test_day_off_hides_the_hours(owner_page: Page) -> None:
    owner_page.goto(f"{AVAILABILITY}overrides/new/")
    expect(owner_page.get_by_label("Hours from")).to_be_hidden()
    owner_page.get_by_label("Other hours than usual").check()
    expect(owner_page.get_by_label("Hours from")).to_be_visible()
    owner_page.get_by_role("button", name="Add hours").click()
    expect(owner_page.get_by_label("Hours from (2)")).to_be_focused()
    expect(owner_page.get_by_label("Other hours than usual")).to_be_checked()


# Unsaved changes


def leave(page: Page) -> None:
    page.get_by_role("link", name="Calendar Settings").click(no_wait_after=True)


def expect_question(page: Page) -> None:
    """Check that the browser asks before it leaves the page, and stay."""
    page.once("dialog", lambda dialog: dialog.dismiss())
    with page.expect_event("dialog") as asked:
        leave(page)
    assert asked.value.type == "beforeunload"


def test_unsaved_change_is_not_lost_without_a_question(owner_page: Page) -> None:
    owner_page.goto("/calendars/discovery-call/meeting-details/")
    owner_page.get_by_label("Name").fill("Changed")
    expect_question(owner_page)
    expect(owner_page.get_by_label("Name")).to_have_value("Changed")


def test_added_row_is_an_unsaved_change(owner_page: Page) -> None:
    owner_page.goto(AVAILABILITY)
    owner_page.get_by_role("button", name="Add hours on Monday").click()
    expect(owner_page.get_by_label("Monday from (2)")).to_be_focused()
    expect_question(owner_page)


def test_refused_form_is_unsaved(owner_page: Page) -> None:
    owner_page.goto("/calendars/discovery-call/meeting-details/")
    owner_page.get_by_label("Name").fill("")
    save(owner_page)
    expect(owner_page.get_by_role("alert")).to_be_focused()
    owner_page.get_by_label("Name").fill("x")
    expect_question(owner_page)


def test_nothing_is_asked_where_nothing_changed_or_all_is_saved(owner_page: Page) -> None:
    owner_page.goto("/calendars/discovery-call/meeting-details/")
    owner_page.get_by_label("Name").fill("Changed")
    save(owner_page)
    expect(owner_page.get_by_role("status")).to_have_text("Meeting details saved.")
    leave(owner_page)
    expect(owner_page).to_have_url(re.compile(r"/calendars/$"))


# The rest


def test_new_owner_comes_from_sign_in_to_a_first_calendar(
    new_page: Callable[..., Page], olive: Owner
) -> None:
    page = new_page(**PHONE, timezone_id="Asia/Calcutta")
    page.goto("/")
    page.get_by_label("Email").fill("Olive@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="New calendar").click()
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_label("Name").fill("First talk")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Calcutta")
    page.get_by_role("button", name="Create calendar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("First talk")
    assert Calendar.objects.get().time_zone == "Asia/Calcutta"


def test_sign_up_takes_the_zone_of_the_browser(
    new_page: Callable[..., Page], settings: Any, db: None
) -> None:
    settings.SIGN_UP_OPEN = True
    page = new_page(timezone_id="Asia/Calcutta")
    page.goto("/sign-up/")
    page.get_by_label("Display name").fill("Nora New")
    page.get_by_label("Email").fill("nora@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page).to_have_url(re.compile("/calendars/$"))
    assert Owner.objects.get().time_zone == "Asia/Calcutta"


def test_questions_are_made_and_moved(owner_page: Page, call: Calendar) -> None:
    owner_page.goto("/calendars/discovery-call/booking-form/")
    for text in ("Second", "First"):
        owner_page.get_by_role("button", name="Add question").click()
        expect(owner_page.get_by_label("Question", exact=True).last).to_be_focused()
        owner_page.keyboard.type(text)
    owner_page.get_by_role("button", name="Move question 2 up").click()
    expect(owner_page.get_by_label("Question", exact=True).first).to_have_value("First")
    owner_page.get_by_label("Required").first.check()
    save(owner_page)
    expect(owner_page.get_by_role("status")).to_have_text("Booking form saved.")
    call.refresh_from_db()
    assert [(each["label"], each["required"]) for each in call.questions] == [
        ("First", True),
        ("Second", False),
    ]


PAGES = [
    SETTINGS,
    "/calendars/new/",
    "/calendars/discovery-call/meeting-details/",
    AVAILABILITY,
    f"{AVAILABILITY}overrides/new/",
    "/calendars/discovery-call/booking-rules/",
    "/calendars/discovery-call/booking-form/",
    SHARE,
    f"{SHARE}embed/",
    "/profile/",
]


def test_pages_fit_a_phone_and_their_targets_a_thumb(page: Page, call: Calendar) -> None:
    CalendarFactory.create(owner=call.owner, name="W" * 100, time_zone="America/Argentina/Ushuaia")
    Calendar.objects.filter(pk=call.pk).update(
        questions=[{"label": "Why?", "kind": "text", "required": False}]
    )
    sign_in(page, call.owner)
    for address in PAGES:
        page.goto(address)
        assert misfits(page) == [], address
