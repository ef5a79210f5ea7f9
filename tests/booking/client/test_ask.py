"""On the page of a dead link, a client can ask the owner for a new one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from playwright.sync_api import Page, expect

from calendars.models import Calendar, Owner
from onetime_links.models import LinkRequest, OneTimeLink
from tests.booking.conftest import SUNDAY
from tests.support.booking.sending import ORIGIN
from tests.support.pages.parsing import words_of
from tests.support.world.factories import BookingFactory, OneTimeLinkFactory

DAY = timedelta(days=1)


@pytest.fixture
def dead(calendar: Calendar) -> OneTimeLink:
    return OneTimeLinkFactory.create(
        calendar=calendar, note="Secret note", created_at=SUNDAY - 9 * DAY, revoked_at=SUNDAY - DAY
    )


def ask(client: Client, link: OneTimeLink, **fields: str) -> Any:
    data = {"name": "Cleo Client", "word": "I was ill.", **fields}
    return client.post(f"/l/{link.token}/requests/", data, headers=ORIGIN)


def page_of(client: Client, link: OneTimeLink) -> str:
    return words_of(client.get(f"/l/{link.token}/"))


def test_request_reaches_the_owner_once(
    client: Client, dead: OneTimeLink, clock: time_machine.Traveller
) -> None:
    assert "Ask for a new link" in page_of(client, dead)
    for _ in range(2):
        response = ask(client, dead)
        assert (response.status_code, response["Location"]) == (303, f"/l/{dead.token}/")
    request = LinkRequest.objects.get()
    assert (request.client_name, request.word, request.link) == ("Cleo Client", "I was ill.", dead)
    page = page_of(client, dead)
    assert "Your request stands in the list of Olive Owner" in page
    assert "<form" not in page
    assert "Secret note" not in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x\u202e"}, "Name"),
        ({"word": "x" * 301}, "at most 300 characters"),
    ],
)
def test_bad_input_is_said_and_kept(
    client: Client,
    dead: OneTimeLink,
    clock: time_machine.Traveller,
    fields: dict[str, str],
    words: str,
) -> None:
    response = ask(client, dead, **fields)
    assert response.status_code == 422
    assert words in words_of(response)
    assert "Please correct this:" in words_of(response)
    assert fields.get("word", "I was ill.") in words_of(response)
    assert not LinkRequest.objects.exists()


def test_page_of_another_site_cannot_ask(
    client: Client, dead: OneTimeLink, clock: time_machine.Traveller
) -> None:
    foreign = {"Origin": "https://evil.example"}
    response = client.post(f"/l/{dead.token}/requests/", {"name": "Cleo"}, headers=foreign)
    assert response.status_code == 403
    assert not LinkRequest.objects.exists()


def test_link_that_works_is_opened_instead(
    client: Client, link: OneTimeLink, clock: time_machine.Traveller
) -> None:
    ask(client, link)
    assert not LinkRequest.objects.exists()
    assert "Confirm" not in page_of(client, link)


@pytest.mark.parametrize("gone", ["calendar", "owner"])
def test_nobody_is_asked_where_nobody_can_answer(
    client: Client, dead: OneTimeLink, clock: time_machine.Traveller, gone: str
) -> None:
    if gone == "calendar":
        Calendar.objects.update(deleted_at=SUNDAY)
    else:
        Owner.objects.update(is_active=False)
    assert "Ask for a new link" not in page_of(client, dead)
    ask(client, dead)
    assert not LinkRequest.objects.exists()


def test_used_link_points_to_the_confirmation_email(
    client: Client, link: OneTimeLink, clock: time_machine.Traveller
) -> None:
    BookingFactory.create(calendar=link.calendar, one_time_link=link)
    page = page_of(client, link)
    assert "The confirmation email leads to it" in page
    assert "Ask for a new link" in page


@pytest.mark.parametrize("allowed_errors", [["status of 410", "status of 422"]])
@pytest.mark.parametrize("scripted", [True, False])
def test_asking_needs_a_name_and_a_tap(
    calendar: Calendar, new_page: Callable[..., Page], scripted: bool
) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, revoked_at=SUNDAY)
    page = new_page(java_script_enabled=scripted)
    page.goto(f"/l/{link.token}/")
    page.get_by_role("button", name="Ask for a new link").click()
    expect(page.get_by_role("alert")).to_contain_text("Please correct this:")
    page.get_by_label("Name").fill("Cleo Client")
    page.get_by_role("button", name="Ask for a new link").click()
    expect(page.get_by_role("status")).to_contain_text("Your request stands in the list of")
    assert LinkRequest.objects.get().client_name == "Cleo Client"
