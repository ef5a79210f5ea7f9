"""Two clicks, or Enter twice, on a slow line: one thing is made, with and without scripts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from django.core.handlers.base import BaseHandler
from django.db.models import F, Model
from django.http import HttpRequest
from playwright.sync_api import Locator, Page, Route, expect

from booking.models import TimeOff
from calendars.models import Calendar, Owner, SentForm
from onetime_links.models import OneTimeLink
from tests.support.pages.browser import sign_in
from tests.support.pages.fuzzing import tomorrow
from tests.support.world.factories import CalendarFactory

LATE = 0.6  # seconds until an answer comes
BETWEEN = 200  # milliseconds between two clicks
CALL = "/calendars/discovery-call/"
SHARE = f"{CALL}share/one-time-link/"
AGAIN = "You already sent this form, so nothing new was made."


@dataclass(frozen=True)
class Place:
    """A page with a form: its button, what it makes, what is seen then, and what is typed."""

    address: str
    button: str
    makes: type[Model]
    seen: str
    typed: dict[str, str] = field(default_factory=dict)
    menu: str = ""


PLACES = {
    "link": Place(
        f"{CALL}one-time-links/?new", "Generate Link", OneTimeLink, "For Acme.", {"Note": "Acme"}
    ),
    "link to share": Place(SHARE, "Generate New Link", OneTimeLink, "Your new link"),
    "calendar": Place(
        "/calendars/new/", "Create calendar", Calendar, "“Talk” was created.", {"Name": "Talk"}
    ),
    "copy": Place(
        "/calendars/", "Duplicate", Calendar, "was created.", menu="More actions for Discovery call"
    ),
    "time off": Place(
        "/bookings/time-off/new/",
        "Save",
        TimeOff,
        "None of your calendars offers that time.",
        {"First day": f"{tomorrow()}", "Note": "Holiday"},
    ),
}


@pytest.fixture
def posts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the POSTs that were answered; each answer comes late."""
    paths: list[str] = []
    answer = BaseHandler.get_response

    def answer_late(handler: BaseHandler, request: HttpRequest) -> Any:
        response = answer(handler, request)
        if request.method == "POST":
            paths.append(request.path)
            sleep(LATE)
        return response

    monkeypatch.setattr(BaseHandler, "get_response", answer_late)
    return paths


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    return CalendarFactory.create(owner=olive, name="Discovery call", slug="discovery-call")


@pytest.fixture
def open_page(new_page: Callable[..., Page], olive: Owner, calendar: Calendar) -> Any:
    """Open a page of Olive's browser: `open_page(place, scripts=False)`."""

    def open_page(place: Place, *, scripts: bool = True) -> Page:
        page = new_page(java_script_enabled=scripts)
        sign_in(page, olive)
        page.goto(place.address)
        return page

    return open_page


def fill_in(page: Page, place: Place) -> None:
    for label, text in place.typed.items():
        page.get_by_label(label).fill(text)
    if place.menu:
        page.get_by_role("button", name=place.menu).click()


def button_of(page: Page, place: Place) -> Locator:
    return page.locator("button", has_text=place.button).first


def click_twice(page: Page, button: Locator) -> None:
    """Click twice where the button is, without waiting for what the first click brings."""
    box = button.bounding_box()
    assert box
    for pause in (BETWEEN, 0):
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(pause)


def press_enter_twice(page: Page) -> None:
    for pause in (BETWEEN, 0):
        page.keyboard.press("Enter")
        page.wait_for_timeout(pause)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("name", PLACES)
def test_two_clicks_make_one(open_page: Any, posts: list[str], name: str, scripts: bool) -> None:
    place = PLACES[name]
    before = place.makes._default_manager.count()
    page = open_page(place, scripts=scripts)
    fill_in(page, place)
    click_twice(page, button_of(page, place))
    expect(page.get_by_text(place.seen).first).to_be_visible()
    # With scripts, the first click closes a menu. Everywhere else, both clicks were sent.
    assert len(posts) == (1 if place.menu and scripts else 2)
    assert place.makes._default_manager.count() == before + 1
    expect(page.get_by_text(AGAIN)).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("name", [name for name, place in PLACES.items() if place.typed])
def test_enter_twice_makes_one(open_page: Any, posts: list[str], name: str, scripts: bool) -> None:
    place = PLACES[name]
    before = place.makes._default_manager.count()
    page = open_page(place, scripts=scripts)
    fill_in(page, place)
    press_enter_twice(page)
    expect(page.get_by_text(place.seen).first).to_be_visible()
    assert len(posts) == 2
    assert place.makes._default_manager.count() == before + 1


def open_dialog(open_page: Any) -> Page:
    page: Page = open_page(PLACES["copy"])
    page.get_by_role("button", name="More actions for Discovery call").click()
    page.get_by_role("menuitem", name="Share").click()
    page.get_by_role("link", name="One Time Link").click()
    return page


def test_dialog_makes_one_link_for_each_click_that_is_meant(
    open_page: Any, posts: list[str]
) -> None:
    page = open_dialog(open_page)
    button = page.get_by_role("button", name="Generate New Link")
    click_twice(page, button)
    field = page.get_by_label("Your new link")
    expect(field).to_be_visible()
    first = OneTimeLink.objects.get()
    expect(field).to_have_value(first.address)
    # More than a second after the first click: it is meant, and on its way when the next one comes.
    page.wait_for_timeout(1000)
    click_twice(page, button)
    expect(field).not_to_have_value(first.address)
    assert OneTimeLink.objects.count() == len(posts) == 2


def test_dialog_drops_an_impatient_click(open_page: Any) -> None:
    """It must not be sent after the answer, with the name of the form that the answer has drawn."""
    page = open_dialog(open_page)
    held: list[Route] = []
    page.route(
        f"**{SHARE}",
        lambda route: held.append(route) if route.request.post_data else route.continue_(),
    )
    button = page.get_by_role("button", name="Generate New Link")
    button.click()
    page.wait_for_timeout(1100)  # a click within a second would count as part of a double click
    button.click()
    held.pop(0).continue_()
    expect(page.get_by_label("Your new link")).to_be_visible()
    page.wait_for_timeout(200)
    assert held == []
    assert OneTimeLink.objects.count() == 1


def test_dialog_whose_answer_was_lost_shows_the_same_link(
    open_page: Any, allowed_errors: list[str]
) -> None:
    allowed_errors += ["ERR_CONNECTION_FAILED", "htmx:"]
    page = open_dialog(open_page)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionfailed")

    page.route(f"**{SHARE}", lose, times=1)
    button = page.get_by_role("button", name="Generate New Link")
    button.click()
    expect(page.get_by_text("We cannot be reached")).to_be_visible()
    link = OneTimeLink.objects.get()
    page.wait_for_timeout(1100)  # a click within a second would count as part of a double click
    button.click()
    expect(page.get_by_label("Your new link")).to_have_value(link.address)
    assert OneTimeLink.objects.count() == 1


def test_who_goes_back_is_told_or_makes_another(open_page: Any, posts: list[str]) -> None:
    """A browser may show the page as it was. This one asks for it again: its name is put back."""
    place = PLACES["time off"]
    page = open_page(place)
    name = page.locator("[name=form_name]").input_value()
    for note, told, count in (("Holiday", 0, 1), ("Holiday", 1, 1), ("Course", 0, 2)):
        fill_in(page, place)
        page.get_by_label("Note").fill(note)
        page.evaluate("name => { document.querySelector('[name=form_name]').value = name }", name)
        button_of(page, place).click()
        expect(page.get_by_text(AGAIN)).to_have_count(told)
        expect(page.get_by_role("heading", name="Bookings")).to_be_visible()
        assert TimeOff.objects.count() == count
        SentForm.objects.update(at=F("at") - timedelta(minutes=1))
        page.go_back()
