"""A session that ends while an owner has a page open: in a real browser, script on and off."""

import re
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from calendars.models import Calendar, Owner
from onetime_links.models import OneTimeLink
from tests.support.pages.browser import sign_in
from tests.support.pages.inspecting import axe_faults
from tests.support.pages.signing_out import NOTHING_CHANGED, STILL_HERE
from tests.support.world.factories import PASSWORD, OneTimeLinkFactory

SETTINGS = "/calendars/"
CALL = "/calendars/discovery-call/"
DETAILS = f"{CALL}meeting-details/"
SECTION = f"{CALL}one-time-links/"


@pytest.fixture
def allowed_errors() -> list[str]:
    return ["status of 403", "Response Status Error Code 403"]


@pytest.fixture
def link(call: Calendar) -> OneTimeLink:
    return OneTimeLinkFactory.create(calendar=call, note="Acme")


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(request: pytest.FixtureRequest, new_page: Callable[..., Page], link: OneTimeLink) -> Page:
    """A page of Olive, who has a calendar with a link."""
    page = new_page(java_script_enabled=request.param)
    sign_in(page, link.calendar.owner)
    return page


def end_session() -> None:
    Session.objects.all().delete()


def sign_in_by_the_form(page: Page, email: str) -> None:
    expect(page.get_by_text("Sign in to go on where you were.")).to_be_visible()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).last.click()


def test_save_comes_back_with_what_was_typed(page: Page, olive: Owner, call: Calendar) -> None:
    page.goto(DETAILS)
    page.get_by_label("Name", exact=True).fill("Typed name")
    page.get_by_label("Description").fill("Line one\nLine two")
    end_session()
    save(page)
    sign_in_by_the_form(page, olive.email)
    expect(page).to_have_url(re.compile(f"{DETAILS}$"))
    expect(page.get_by_text(NOTHING_CHANGED)).to_be_visible()
    expect(page.get_by_text(STILL_HERE)).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("Line one\nLine two")
    call.refresh_from_db()
    assert call.name == "Discovery call"
    save(page)
    expect(page.get_by_text("Meeting details saved.")).to_be_visible()
    call.refresh_from_db()
    assert (call.name, call.description.splitlines()) == ("Typed name", ["Line one", "Line two"])


def test_another_account_gets_a_page_of_its_own(page: Page, sam: Owner) -> None:
    page.goto(DETAILS)
    page.get_by_label("Name", exact=True).fill("Typed name")
    end_session()
    save(page)
    sign_in_by_the_form(page, sam.email)
    expect(page.get_by_role("heading", name="Calendar Settings")).to_be_visible()
    expect(page.get_by_text(NOTHING_CHANGED)).to_have_count(0)


def test_revoke_comes_back_to_the_list(page: Page, olive: Owner, link: OneTimeLink) -> None:
    page.goto(f"{SECTION}?show=all")
    end_session()
    page.get_by_role("button", name="Revoke Acme").click()
    sign_in_by_the_form(page, olive.email)
    expect(page).to_have_url(re.compile(r"one-time-links/\?show=all$"))
    expect(page.get_by_text(NOTHING_CHANGED)).to_be_visible()
    link.refresh_from_db()
    assert link.revoked_at is None
    page.get_by_role("button", name="Revoke Acme").click()
    expect(page.get_by_text("“Acme” is revoked.")).to_be_visible()


def test_pause_comes_back_to_the_calendars(page: Page, olive: Owner, call: Calendar) -> None:
    page.goto(SETTINGS)
    page.get_by_role("button", name="More actions for Discovery call").click()
    end_session()
    page.get_by_text("Pause", exact=True).click()
    sign_in_by_the_form(page, olive.email)
    expect(page).to_have_url(re.compile(f"{SETTINGS}$"))
    expect(page.get_by_text(NOTHING_CHANGED)).to_be_visible()
    call.refresh_from_db()
    assert call.paused_at is None


def test_button_of_a_row_comes_back_with_the_rows(page: Page, olive: Owner) -> None:
    """With script, htmx sends the form for such a button."""
    page.goto(f"{CALL}availability/")
    page.get_by_label("Monday from").fill("10:30")
    end_session()
    page.get_by_role("button", name="Add hours on Tuesday").click()
    sign_in_by_the_form(page, olive.email)
    expect(page.get_by_label("Monday from")).to_have_value("10:30")
    expect(page.get_by_text(STILL_HERE)).to_be_visible()


# With script alone


@pytest.fixture
def owner_page(desktop_page: Page, link: OneTimeLink) -> Page:
    sign_in(desktop_page, link.calendar.owner)
    return desktop_page


def test_button_in_the_dialog_comes_back(owner_page: Page, olive: Owner) -> None:
    page = owner_page
    page.goto(SETTINGS)
    page.get_by_role("button", name="More actions for Discovery call").click()
    page.get_by_role("menuitem", name="Share").click()
    page.get_by_role("link", name="One Time Link").click()
    expect(page.get_by_role("button", name="Generate New Link")).to_be_visible()
    end_session()
    page.get_by_role("button", name="Generate New Link").click()
    expect(page.get_by_label("Email")).to_be_focused()
    assert [*axe_faults(page)] == []
    sign_in_by_the_form(page, olive.email)
    expect(page.get_by_text(NOTHING_CHANGED)).to_be_visible()
    page.get_by_role("button", name="Generate New Link").click()
    expect(page.get_by_label("Your new link")).to_be_visible()
    assert OneTimeLink.objects.count() == 2


def test_what_came_back_is_not_lost_without_a_question(owner_page: Page, olive: Owner) -> None:
    page = owner_page
    page.goto(DETAILS)
    page.get_by_label("Name", exact=True).fill("Typed name")
    end_session()
    save(page)
    sign_in_by_the_form(page, olive.email)
    page.get_by_label("Name", exact=True).click()  # browsers ask only whom has touched the page
    page.once("dialog", lambda dialog: dialog.dismiss())
    with page.expect_event("dialog") as asked:
        page.get_by_role("link", name="Booking rules").click(no_wait_after=True)
    assert asked.value.type == "beforeunload"
    expect(page.get_by_label("Name", exact=True)).to_have_value("Typed name")


def test_form_of_before_signing_in_in_another_tab(owner_page: Page, olive: Owner) -> None:
    page = owner_page
    page.goto(DETAILS)
    page.get_by_label("Name", exact=True).fill("Typed name")
    end_session()
    other = page.context.new_page()
    other.goto(SETTINGS)
    other.get_by_label("Email").fill(olive.email)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("heading", name="Calendar Settings")).to_be_visible()
    save(page)
    expect(page.get_by_text(NOTHING_CHANGED)).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Typed name")
