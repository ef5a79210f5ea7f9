"""A walk from an owner's sign-in to a client's cancellation, without any script."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from booking.models import Act, Booking, Change
from calendars.models import Owner
from onetime_links.models import OneTimeLink
from tests.support.pages.browser import PHONE
from tests.support.world.factories import (
    PASSWORD,
    BookingFactory,
    CalendarFactory,
    OneTimeLinkFactory,
)

SHARE = "/calendars/discovery-call/share/one-time-link/"
SECTION = "/calendars/discovery-call/one-time-links/"


def sign_in_by_the_form(page: Page, owner: Owner) -> None:
    page.goto("/")
    page.get_by_label("Email").fill(owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def new_link(page: Page) -> OneTimeLink:
    """Return the link that the page shows as just made, without buttons that need a script."""
    link = OneTimeLink.objects.latest("pk")
    expect(page.get_by_label("Your new link")).to_have_value(link.address)
    for name in ("Copy", "Share…"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    return link


def book(page: Page) -> None:
    page.get_by_role("region", name="Next free times").get_by_role("link").first.tap()
    page.get_by_label("Name").fill("Cleo Client")
    page.get_by_label("Email").fill("cleo@example.com")
    page.get_by_role("button", name="Confirm booking").tap()
    expect(page.get_by_role("heading", name="You’re booked")).to_be_visible()


def test_everything_works_without_scripts(new_page: Callable[..., Page], olive: Owner) -> None:
    page = new_page(java_script_enabled=False)
    sign_in_by_the_form(page, olive)
    page.get_by_role("link", name="New calendar").click()
    page.get_by_label("Name").fill("Discovery call")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Create calendar").click()
    page.get_by_role("link", name="Booking rules").click()
    page.get_by_label("Duration").fill("45")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("status")).to_contain_text("saved")

    # The owner makes a link by Share.
    page.goto("/calendars/")
    page.get_by_role("button", name="More actions for Discovery call").click()
    page.get_by_role("link", name="Share", exact=True).click()
    page.get_by_role("link", name="One Time Link").click()
    page.get_by_role("button", name="Generate New Link").click()
    shared = new_link(page)
    page.get_by_role("button", name=f"Revoke {shared.name}").click()
    expect(page.get_by_text("is revoked.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("works again.")).to_be_visible()
    page.get_by_role("link", name=f"Edit {shared.name}").click()
    # The link's whole address can also be copied by hand later.
    expect(page.get_by_label("Address")).to_have_value(shared.address)
    page.get_by_label("Note").fill("Beta GmbH")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The link was saved.")).to_be_visible()
    # The owner makes another link by the edit form.
    page.goto(SECTION)
    page.get_by_role("link", name="Generate Link").click()
    page.get_by_label("Note").fill("Acme, Ms Ito")
    page.get_by_role("button", name="3 days").click()
    expect(page.get_by_label("Note")).to_have_value("Acme, Ms Ito")
    page.get_by_role("button", name="Generate Link").click()
    link = new_link(page)
    page.get_by_role("button", name="Revoke Beta GmbH").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Revoke Beta GmbH").click()
    expect(page.get_by_text("“Beta GmbH” is revoked.")).to_be_visible()

    # The client books by it, moves the booking and cancels it.
    client_page = new_page(**PHONE, java_script_enabled=False)
    client_page.goto(link.get_absolute_url())
    book(client_page)
    client_page.get_by_role("link", name="Reschedule").tap()
    client_page.get_by_role("region", name="Next free times").get_by_role("link").last.tap()
    client_page.get_by_role("button", name="Confirm new time").tap()
    expect(client_page.get_by_role("heading", name="Your booking was moved")).to_be_visible()
    client_page.get_by_role("link", name="Cancel").tap()
    client_page.get_by_role("button", name="Cancel booking").tap()
    heading = client_page.get_by_role("heading", name="This booking was cancelled")
    expect(heading).to_be_visible()
    assert [change.act for change in Change.objects.all()] == [Act.RESCHEDULED, Act.CANCELLED]
    assert Booking.objects.get().one_time_link == link
    page.goto(SECTION)
    row = page.get_by_role("listitem").filter(has_text="Acme, Ms Ito")
    expect(row).to_contain_text("Used")


@pytest.mark.parametrize("allowed_errors", [["status of 410"]])
@pytest.mark.parametrize("script", [True, False])
def test_used_link_is_no_dead_end(
    new_page: Callable[..., Page], olive: Owner, script: bool, allowed_errors: list[str]
) -> None:
    """A client who is too late learns why, asks, and books by the new link that the owner makes."""
    calendar = CalendarFactory.create(owner=olive, slug="discovery-call")
    link = OneTimeLinkFactory.create(calendar=calendar, note="Acme, Ms Ito")
    BookingFactory.create(calendar=calendar, one_time_link=link)
    client_page = new_page(**PHONE, java_script_enabled=script)
    client_page.goto(link.get_absolute_url())
    expect(client_page.get_by_role("heading", name="This link has been used")).to_be_visible()
    expect(client_page.get_by_text(olive.display_name).first).to_be_visible()
    client_page.get_by_label("Name").fill("Cleo Client")
    client_page.get_by_label("Message").fill("I need one more.")
    client_page.get_by_role("button", name="Ask for a new link").tap()
    expect(client_page.get_by_role("status")).to_contain_text("Your request stands in the list")

    page = new_page(java_script_enabled=script)
    sign_in_by_the_form(page, olive)
    page.get_by_role("link", name=re.compile("1 request")).click()
    requests = page.get_by_role("region", name="Requests for a new link")
    expect(requests).to_contain_text("I need one more.")
    requests.get_by_role("button", name="Make a new link for Cleo Client").click()
    field = page.get_by_label("Your new link")
    expect(field).to_be_visible()
    made = OneTimeLink.objects.exclude(pk=link.pk).get()
    expect(field).to_have_value(made.address)
    assert made.note == "Acme, Ms Ito"
    client_page.goto(made.get_absolute_url())
    book(client_page)
