"""The owner's pages in a real browser, with the longest words that people can type."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from booking.acts.replace_link import replace_link
from calendars.models import Calendar
from calendars.rules import replace_overrides
from tests.support.pages.browser import sign_in
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    MailFactory,
    OneTimeLinkFactory,
)

WORD = "W" * 100
EDIT = "/calendars/discovery-call"


@pytest.fixture
def addresses(pages: object, call: Calendar) -> list[str]:
    """Every page of an owner whose names, notes, questions and answers are long words."""
    today = timezone.now().date()
    Calendar.objects.filter(pk=call.pk).update(
        name=WORD, location=WORD, questions=[{"label": WORD, "kind": "text", "required": False}]
    )
    call.owner.display_name = WORD
    call.owner.save(update_fields=["display_name"])
    replace_overrides(
        calendar=call, dates=[today + timedelta(days=1)], hours=[], now=timezone.now()
    )
    links = [OneTimeLinkFactory.create(calendar=call, note=WORD) for _ in range(2)]
    booking = BookingFactory.create(
        calendar=call,
        one_time_link=links[0],
        client_name=WORD,
        client_email=f"{'w' * 60}@{'w' * 60}.example",
        answers=[{"question": WORD, "answer": WORD}],
    )
    MailFactory.create(booking=booking, failed_at=timezone.now(), error=WORD)
    silent = CalendarFactory.create(owner=call.owner, name=WORD, client_mails=[])
    facts = {"client_name": WORD, "client_email": booking.client_email}
    unheard = BookingFactory.create(calendar=silent, **facts)
    cancelled = BookingFactory.create(
        calendar=call,
        one_time_link=OneTimeLinkFactory.create(calendar=call, note=WORD),
        cancelled_at=timezone.now(),
        **facts,
    )
    replace_link(booking=cancelled, now=timezone.now())
    return [
        "/calendars/",
        "/calendars/new/",
        f"{EDIT}/meeting-details/",
        f"{EDIT}/availability/",
        f"{EDIT}/availability/overrides/new/",
        f"{EDIT}/booking-rules/",
        f"{EDIT}/booking-form/",
        f"{EDIT}/one-time-links/?new=1",
        f"{EDIT}/one-time-links/{links[1].pk}/",
        f"{EDIT}/share/",
        f"{EDIT}/share/embed/",
        f"{EDIT}/share/one-time-link/",
        f"{EDIT}/delete/",
        "/bookings/",
        f"/bookings/{booking.pk}/",
        f"/bookings/{booking.pk}/cancellation/",
        f"/bookings/{unheard.pk}/cancellation/",
        f"/bookings/{cancelled.pk}/",
        "/profile/",
        "/profile/password/",
    ]


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_pages_hold_long_words(
    new_page: Callable[..., Page], call: Calendar, addresses: list[str], width: int
) -> None:
    page = new_page(viewport={"width": width, "height": 800})
    sign_in(page, call.owner)
    for address in addresses:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_calendar_without_bookings_is_deleted_on_a_page_that_holds_its_name(
    new_page: Callable[..., Page], call: Calendar
) -> None:
    Calendar.objects.filter(pk=call.pk).update(name=WORD)
    page = new_page(viewport={"width": 320, "height": 800})
    sign_in(page, call.owner)
    page.goto(f"{EDIT}/delete/")
    page.get_by_label("Name of the calendar").fill("x")
    page.get_by_role("button", name="Delete calendar").click()
    expect(page.get_by_role("alert")).to_contain_text(WORD)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_narrow_page_keeps_its_rows_and_its_padding(
    new_page: Callable[..., Page], call: Calendar
) -> None:
    page = new_page(viewport={"width": 320, "height": 800})
    sign_in(page, call.owner)
    page.goto(f"{EDIT}/availability/")
    field = page.get_by_label("Monday to", exact=True).bounding_box()
    remove = page.get_by_role("button", name="Remove 09:00–17:00 on Monday").bounding_box()
    assert field
    assert remove
    assert abs(field["y"] + field["height"] / 2 - remove["y"] - remove["height"] / 2) < 1
    # The word is measured, because the button has no visible box.
    right: float = page.get_by_role("button", name="Account").evaluate(
        """button => {
          const word = document.createRange();
          word.selectNodeContents(button);
          return word.getBoundingClientRect().right;
        }"""
    )
    assert right <= 320 - 16


@pytest.fixture
def allowed_errors() -> list[str]:
    return ["status of 422"]
