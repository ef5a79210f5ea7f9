"""An owner's work with links in a real browser, by the names of things on the page."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from calendars.models import Calendar, Owner
from onetime_links.models import OneTimeLink
from tests.support.pages.browser import PHONE, let_it_draw, sign_in
from tests.support.world.factories import BookingFactory, OneTimeLinkFactory, OwnerFactory

SECTION = "/calendars/discovery-call/one-time-links/"
SHARE = "/calendars/discovery-call/share/one-time-link/"
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
KEEP_SHARED = """
  window.shared = []
  navigator.share = async (data) => { window.shared.push(data) }
"""


@pytest.fixture
def owner_page(desktop_page: Page, olive: Owner, calendar: Calendar) -> Page:
    desktop_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(desktop_page, olive)
    return desktop_page


def open_dialog(page: Page) -> None:
    page.goto("/calendars/")
    page.get_by_role("button", name="More actions for Discovery call").click()
    page.get_by_role("menuitem", name="Share").click()
    page.get_by_role("link", name="One Time Link").click()
    expect(page.get_by_role("button", name="Generate New Link")).to_be_visible()


def row(page: Page, note: str) -> Any:
    return page.get_by_role("listitem").filter(has_text=note)


def selected_text(page: Page) -> str:
    return str(
        page.evaluate(
            "(f => f.value.slice(f.selectionStart, f.selectionEnd))(document.activeElement)"
        )
    )


# Generate


def test_generate_in_the_section(owner_page: Page) -> None:
    page = owner_page
    page.goto(SECTION)
    page.get_by_role("link", name="Generate Link").click()
    expect(page.get_by_label("Note")).to_be_focused()
    page.get_by_label("Note").fill("Acme, Ms Ito")
    page.get_by_role("button", name="1 week").click()
    expect(page.get_by_label("Expires At")).to_be_focused()
    expect(page.get_by_label("Expires At")).not_to_have_value("")
    # The typed note stays, and Enter presses Generate Link, not a preset.
    expect(page.get_by_label("Note")).to_have_value("Acme, Ms Ito")
    page.get_by_label("Note").press("Enter")
    field = page.get_by_label("Your new link")
    expect(field).to_be_focused()
    link = OneTimeLink.objects.get()
    expect(field).to_have_value(link.address)
    assert selected_text(page) == link.address
    assert link.expires_at is not None
    left = link.expires_at - timezone.now()
    assert timedelta(days=6, hours=22) < left < timedelta(days=7, hours=2)
    expect(row(page, "Acme, Ms Ito")).to_contain_text("(in 7 days)")


def test_generate_in_the_dialog(owner_page: Page) -> None:
    page = owner_page
    open_dialog(page)
    page.get_by_role("button", name="Generate New Link").dblclick()
    field = page.get_by_label("Your new link")
    expect(field).to_be_focused()
    # A double click makes one link.
    link = OneTimeLink.objects.get()
    expect(field).to_have_value(link.address)
    assert selected_text(page) == link.address
    expect(page.get_by_text("It stops working once it is used.")).to_be_visible()
    expect(page.get_by_role("heading", name="Active Links")).to_be_visible()
    page.wait_for_timeout(1100)  # a click within a second would count as part of a double click
    page.get_by_role("button", name="Generate New Link").click()
    expect(field).not_to_have_value(link.address)
    expect(field).to_be_focused()
    assert selected_text(page) == field.input_value()
    assert OneTimeLink.objects.count() == 2
    # All of that happens within the dialog.
    expect(page.get_by_role("dialog", name="Share Discovery call")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/calendars/$"))


def test_errors_stand_at_the_field_and_in_the_summary(
    owner_page: Page, allowed_errors: list[str]
) -> None:
    allowed_errors.append("status of 422")
    page = owner_page
    page.goto(f"{SECTION}?new")
    page.get_by_label("Expires At").fill("2020-01-01T10:00")
    page.get_by_label("Note").fill("Acme")
    page.get_by_role("button", name="Generate Link").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Expires At")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Expires At")).to_have_value("2020-01-01T10:00")
    expect(page.get_by_label("Note")).to_have_value("Acme")
    page.get_by_role("alert").get_by_role("link", name="Expires At").click()
    expect(page.get_by_label("Expires At")).to_be_focused()


def test_presets_follow_each_other(owner_page: Page, calendar: Calendar) -> None:
    page = owner_page
    page.goto(f"{SECTION}?new")
    field = page.get_by_label("Expires At")
    for name, days in (("1 week", 7), ("1 day", 1), ("3 days", 3)):
        page.get_by_role("button", name=name).click()
        expiry = (timezone.now() + timedelta(days=days)).astimezone(calendar.zone)
        expect(field).to_have_value(re.compile(f"^{expiry:%Y-%m-%d}T"))
    page.get_by_role("button", name="1 month").click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("link", name="Generate Link")).to_be_visible()
    assert not OneTimeLink.objects.exists()


def test_typing_goes_on_while_a_preset_is_slow(owner_page: Page, calendar: Calendar) -> None:
    page: Page = owner_page
    held: list[Route] = []
    page.goto(f"{SECTION}?new")
    page.route("**/one-time-links/**", lambda route: held.append(route), times=1)
    with page.expect_request("**/one-time-links/**"):
        page.get_by_role("button", name="1 week").click()
    page.get_by_label("Note").press_sequentially("Be")
    held.pop().continue_()
    expect(page.get_by_label("Expires At")).not_to_have_value("")
    page.keyboard.type("ta")
    expect(page.get_by_label("Note")).to_have_value("Beta")


@pytest.mark.parametrize("place", ["section", "dialog"])
def test_save_waits_for_a_slow_preset(owner_page: Page, calendar: Calendar, place: str) -> None:
    page: Page = owner_page
    held: list[Route] = []
    link = OneTimeLinkFactory.create(calendar=calendar, note="Acme")
    if place == "section":
        page.goto(SECTION)
    else:
        open_dialog(page)
    page.get_by_role("link", name="Edit Acme").click()
    page.route(re.compile(r"/one-time-links/\d+/(\?|$)"), lambda route: held.append(route), times=1)
    with page.expect_request(re.compile(r"/one-time-links/\d+/(\?|$)")):
        page.get_by_role("button", name="1 week").click()
    page.get_by_role("button", name="Save").click(no_wait_after=True)
    let_it_draw(page)
    held.pop().continue_()
    expect(page.get_by_text("The link was saved.")).to_be_visible()
    link.refresh_from_db()
    assert link.expires_at
    assert link.expires_at > timezone.now() + timedelta(days=6)


def test_unreachable_server_is_said(
    owner_page: Page, calendar: Calendar, allowed_errors: list[str]
) -> None:
    allowed_errors += ["ERR_INTERNET_DISCONNECTED", "htmx:"]
    page: Page = owner_page
    open_dialog(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Generate New Link").click()
    dialog = page.get_by_role("dialog", name="Share Discovery call")
    expect(dialog.get_by_role("status")).to_contain_text("We cannot be reached")
    page.context.set_offline(False)
    page.get_by_role("link", name="Scheduling Link").click()
    expect(dialog.get_by_label("Scheduling link")).to_be_visible()
    expect(page.get_by_text("We cannot be reached")).to_have_count(0)


def test_calendar_gone_meanwhile_is_said(
    owner_page: Page, calendar: Calendar, allowed_errors: list[str]
) -> None:
    allowed_errors.append("status of 404")
    page: Page = owner_page
    open_dialog(page)
    Calendar.objects.filter(pk=calendar.pk).update(owner=OwnerFactory.create())
    page.get_by_role("button", name="Generate New Link").click()
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


# Copy and share


@pytest.mark.parametrize("place", ["section", "dialog"])
@pytest.mark.parametrize("clipboard", ["api", "none"])
def test_copy(owner_page: Page, calendar: Calendar, place: str, clipboard: str) -> None:
    page = owner_page
    link = OneTimeLinkFactory.create(calendar=calendar, note="Acme, Ms Ito")
    if clipboard == "none":
        page.add_init_script(NO_CLIPBOARD)
    if place == "section":
        page.goto(SECTION)
    else:
        open_dialog(page)
    button = page.get_by_role("button", name="Copy Acme, Ms Ito")
    button.click()
    copied = page.get_by_role("button", name="Copied")
    expect(copied).to_be_visible()
    expect(copied).to_be_focused()
    expect(row(page, "Acme").get_by_role("status")).to_have_text("Copied")
    assert pasted(page) == link.address
    # After a while the button says Copy again.
    expect(button).to_be_visible(timeout=6000)


def pasted(page: Page) -> str:
    """Return what Ctrl+V pastes, into a page of its own."""
    other = page.context.new_page()
    other.goto("/healthz")
    other.evaluate("document.body.innerHTML = '<textarea></textarea>'")
    other.locator("textarea").focus()
    other.keyboard.press("Control+V")
    text = other.locator("textarea").input_value()
    other.close()
    return text


def test_share_sheet_of_the_device(owner_page: Page) -> None:
    page = owner_page
    page.add_init_script(KEEP_SHARED)
    open_dialog(page)
    page.get_by_role("button", name="Generate New Link").click()
    page.get_by_role("button", name="Share…").click()
    link = OneTimeLink.objects.get()
    assert page.evaluate("window.shared") == [{"url": link.address}]


def test_no_share_button_without_a_share_sheet(owner_page: Page, calendar: Calendar) -> None:
    page = owner_page
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'share', {value: undefined})")
    link = OneTimeLinkFactory.create(calendar=calendar)
    page.goto(f"{SECTION}?made={link.pk}")
    expect(page.get_by_label("Your new link")).to_be_focused()
    expect(page.get_by_role("button", name="Share…")).to_be_hidden()


# Revoke, undo, edit


@pytest.mark.parametrize("place", ["section", "dialog"])
def test_revoke_and_undo(owner_page: Page, calendar: Calendar, place: str) -> None:
    page = owner_page
    for note in ("Beta GmbH", "Acme, Ms Ito"):
        OneTimeLinkFactory.create(calendar=calendar, note=note)
    if place == "section":
        page.goto(SECTION)
    else:
        open_dialog(page)
    page.get_by_role("button", name="Revoke Acme, Ms Ito").click()
    expect(page.get_by_text("“Acme, Ms Ito” is revoked.")).to_be_visible()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    expect(row(page, "Acme, Ms Ito")).to_contain_text("Revoked")
    expect(page.get_by_role("button", name="Copy Acme, Ms Ito")).to_be_hidden()
    undo.press("Enter")
    expect(page.get_by_text("“Acme, Ms Ito” works again.")).to_be_visible()
    expect(page.get_by_role("link", name="Edit Acme, Ms Ito")).to_be_focused()
    expect(row(page, "Acme, Ms Ito")).to_contain_text("Active")
    assert not OneTimeLink.objects.revoked().exists()


def test_double_click_revokes_one_link(owner_page: Page, calendar: Calendar) -> None:
    page = owner_page
    OneTimeLinkFactory.create_batch(3, calendar=calendar)
    page.goto(SECTION)
    page.get_by_role("button", name="Revoke").first.dblclick()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert OneTimeLink.objects.revoked().count() == 1


def test_typed_form_survives_a_revoke(owner_page: Page, calendar: Calendar) -> None:
    page = owner_page
    OneTimeLinkFactory.create(calendar=calendar, note="Acme")
    page.goto(f"{SECTION}?new")
    page.get_by_label("Note").fill("Half typed")
    page.get_by_role("button", name="Revoke Acme").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect(page.get_by_label("Note")).to_have_value("Half typed")


def test_undo_goes_when_its_time_is_over(owner_page: Page, calendar: Calendar) -> None:
    page = owner_page
    revoked_at = timezone.now() - timedelta(seconds=116)
    OneTimeLinkFactory.create(calendar=calendar, note="Acme", revoked_at=revoked_at)
    page.goto(SECTION)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_hidden(timeout=6000)


def test_edit_in_the_dialog(
    owner_page: Page, calendar: Calendar, allowed_errors: list[str]
) -> None:
    allowed_errors.append("status of 422")
    page = owner_page
    OneTimeLinkFactory.create(calendar=calendar, note="Acme")
    open_dialog(page)
    page.get_by_role("link", name="Edit Acme").click()
    expect(page.get_by_label("Note")).to_be_focused()
    page.get_by_label("Expires At").fill("2020-01-01T10:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a time in the future.")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("button", name="1 month").click()
    page.get_by_label("Note").fill("Beta")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The link was saved.")).to_be_visible()
    expect(row(page, "Beta")).to_contain_text("expires")
    expect(page.get_by_role("dialog", name="Share Discovery call")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_edit_in_the_section_leads_back(owner_page: Page, calendar: Calendar) -> None:
    page = owner_page
    OneTimeLinkFactory.create(calendar=calendar, note="Acme")
    page.goto(f"{SECTION}?show=all&q=a")
    page.get_by_role("link", name="Edit Acme").click()
    page.get_by_label("Note").fill("Beta, formerly Acme")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The link was saved.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?show=all&q=a&kept="))


# The list


def test_used_link_leads_to_its_booking(owner_page: Page, calendar: Calendar) -> None:
    page = owner_page
    link = OneTimeLinkFactory.create(calendar=calendar, note="Beta GmbH")
    BookingFactory.create(calendar=calendar, one_time_link=link, client_name="Jo Berg")
    page.goto(SECTION)
    expect(row(page, "Beta GmbH")).to_contain_text("Used")
    page.get_by_role("link", name="booked by Jo Berg").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Jo Berg")
    page.get_by_role("link", name="Beta GmbH").click()
    expect(page).to_have_url(re.compile(f"#link-{link.pk}$"))
    expect(row(page, "Beta GmbH")).to_be_in_viewport()


def test_filters_search_and_pages(owner_page: Page, calendar: Calendar) -> None:
    page = owner_page
    for n in range(30):
        OneTimeLinkFactory.create(calendar=calendar, note=f"Link {n}")
    page.goto(SECTION)
    expect(row(page, "Link 29")).to_be_visible()
    page.get_by_role("link", name="Older").click()
    expect(row(page, "Link 4")).to_be_visible()
    expect(row(page, "Link 29")).to_be_hidden()
    page.get_by_role("link", name="Newer").click()
    page.get_by_role("link", name="Expired (0)").click()
    expect(page.get_by_text("No links here.")).to_be_visible()
    page.get_by_role("link", name="All (30)").click()
    page.get_by_role("searchbox", name="Search").fill("link 12")
    page.get_by_role("searchbox", name="Search").press("Enter")
    expect(row(page, "Link 12")).to_be_visible()
    expect(page.get_by_role("link", name="All (1)")).to_have_attribute("aria-current", "true")


# By keyboard, on a phone


def test_keyboard_alone(owner_page: Page) -> None:
    page = owner_page
    page.goto(SECTION)
    page.get_by_role("link", name="Generate Link").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Note")).to_be_focused()
    page.keyboard.type("Acme")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your new link")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_focused()
    assert pasted(page) == OneTimeLink.objects.get().address
    page.get_by_role("button", name="Revoke Acme").press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Edit Acme")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_has_room_for_thumbs_and_long_notes(
    new_page: Callable[..., Page], olive: Owner, calendar: Calendar, scheme: str
) -> None:
    page = new_page(**PHONE, color_scheme=scheme)
    sign_in(page, olive)
    OneTimeLinkFactory.create(calendar=calendar, note="W" * 200)
    OneTimeLinkFactory.create(calendar=calendar, revoked_at=timezone.now())
    used = OneTimeLinkFactory.create(calendar=calendar)
    BookingFactory.create(calendar=calendar, one_time_link=used, client_name="W" * 100)
    made = OneTimeLinkFactory.create(calendar=calendar, note="Acme")
    for address in (f"{SECTION}?new", f"{SECTION}?made={made.pk}", f"{SHARE}?made={made.pk}"):
        page.goto(address)
        too_small = page.locator("main :is(button, input, .button, .chip):visible").evaluate_all(
            "all => all.filter(e => !e.matches('.visually-hidden, [type=hidden]')"
            " && e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"
        )
        assert too_small == []
        too_wide = page.locator("main .links, main .links *").evaluate_all(
            "all => all.filter(e => !e.closest('.tabs, .visually-hidden')"
            " && e.getBoundingClientRect().right > 391).map(e => e.outerHTML)"
        )
        assert too_wide == []
