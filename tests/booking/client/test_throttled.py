"""Bots meet limits and a trap. A client who meets one loses nothing and can book afterwards."""

from datetime import UTC, datetime, timedelta
from re import search, sub
from typing import Any

import pytest
import time_machine
from django.test import Client
from limits import parse_many
from playwright.sync_api import Page, expect

from booking.acts.nonces import make_nonce
from booking.models import Booking
from booking.owner.feed import open_feed
from calendars.models import Calendar, Owner
from onetime_links.models import OneTimeLink
from tests.booking.conftest import PUBLIC
from tests.support.booking.sending import AT, CLEO, ORIGIN, fetch_nonce, nonce_on, send
from tests.support.database.queries import counted_queries
from tests.support.pages.parsing import text_of
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

GUESS = "A" * 22
ALWAYS = [(weekday, 0, 24 * 60) for weekday in range(7)]


@pytest.fixture(autouse=True)
def limits(settings: Any) -> dict[str, list]:
    limits = settings.LIMITS = {
        "bookings_per_address": parse_many("3 per hour"),
        "bookings_per_link": parse_many("2 per hour"),
        "unknown_tokens_per_address": parse_many("5 per 10 minutes"),
    }
    return limits


def use_up(times: int, address: str = PUBLIC, **headers: str) -> list[int]:
    """Send `times` forms that book nothing, and return the statuses of the answers."""
    form = {**CLEO, "at": AT, "nonce": "out of date"}
    return [
        Client().post(f"{address}bookings/", form, headers={**ORIGIN, **headers}).status_code
        for _ in range(times)
    ]


# Booking forms


@pytest.mark.usefixtures("clock")
def test_refused_form_keeps_all_and_books_when_sent_again(
    client: Client, calendar: Calendar, clock: time_machine.Traveller
) -> None:
    nonce = fetch_nonce(client, PUBLIC)
    assert use_up(3) == [422] * 3
    refused = send(client, PUBLIC, nonce=nonce)
    assert (refused.status_code, refused["Retry-After"]) == (429, "3600")
    text = text_of(refused)
    assert "Too many tries. Please try again in 60 minutes. Nothing you typed is lost." in text
    assert 'value="Cleo Client"' in text
    assert "Confirm booking" in text
    assert nonce_on(refused) == nonce
    assert not Booking.objects.exists()
    clock.shift(3600)
    at = search(r'name="at" value="([^"]+)"', text)
    assert at
    assert send(client, PUBLIC, nonce=nonce, at=at[1]).status_code == 303


@pytest.mark.usefixtures("clock")
def test_form_that_has_booked_leads_to_its_booking_after_the_wait(
    client: Client, calendar: Calendar, clock: time_machine.Traveller
) -> None:
    nonce = fetch_nonce(client, PUBLIC)
    send(client, PUBLIC, nonce=nonce)
    use_up(2)
    assert nonce_on(send(client, PUBLIC, nonce=nonce)) == nonce
    clock.shift(3600)
    again = send(client, PUBLIC, nonce=nonce)
    assert again["Location"] == Booking.objects.get().get_absolute_url()


@pytest.mark.usefixtures("clock")
def test_choice_of_another_time_is_kept_too(client: Client, calendar: Calendar) -> None:
    nonce = fetch_nonce(client, PUBLIC)
    use_up(3)
    refused = send(client, PUBLIC, nonce=nonce, choose="2026-11-24T10:00Z")
    assert refused.status_code == 429
    assert 'name="at" value="2026-11-24T10:00' in text_of(refused)
    assert nonce_on(refused) != nonce
    assert send(client, PUBLIC, nonce="", at="").status_code == 429


@pytest.mark.usefixtures("clock")
def test_link_has_a_limit_of_its_own(settings: Any, client: Client, link: OneTimeLink) -> None:
    settings.TRUSTED_PROXY_HOPS = 1
    address, other = link.get_absolute_url(), OneTimeLinkFactory.create(calendar=link.calendar)
    answers = [
        use_up(1, address, **{"X-Forwarded-For": f"192.0.2.{number}"}) for number in range(3)
    ]
    assert answers == [[422], [422], [429]]
    assert use_up(1, other.get_absolute_url()) == [422]


@pytest.mark.usefixtures("clock")
def test_others_book_meanwhile_and_liars_do_not(
    settings: Any, client: Client, calendar: Calendar
) -> None:
    settings.TRUSTED_PROXY_HOPS = 1
    nonce = fetch_nonce(client, PUBLIC)
    bots = [use_up(1, **{"X-Forwarded-For": f"192.0.2.{n}, 198.51.100.1"}) for n in range(4)]
    assert bots == [[422], [422], [422], [429]]
    form = {**CLEO, "at": AT, "nonce": nonce}
    headers = {**ORIGIN, "X-Forwarded-For": "192.0.2.7"}
    assert client.post(f"{PUBLIC}bookings/", form, headers=headers).status_code == 303


@pytest.mark.usefixtures("clock")
def test_pages_cost_no_count(client: Client, calendar: Calendar, link: OneTimeLink) -> None:
    booking = BookingFactory.create(calendar=calendar)
    with counted_queries() as statements:
        for address in (PUBLIC, link.get_absolute_url(), booking.get_absolute_url()):
            assert client.get(address).status_code == 200
        client.get(f"{PUBLIC}bookings/")
    assert not [sql for sql in statements if "calendars_tally" in sql]


# Tokens that do not exist


def test_unknown_tokens_count_together_and_known_ones_open(
    client: Client, calendar: Calendar, link: OneTimeLink
) -> None:
    token = open_feed(owner=calendar.owner).feed_token
    booking = BookingFactory.create(calendar=calendar)
    guesses = [f"/l/{GUESS}/", f"/manage/{GUESS}/", f"/manage/{GUESS}/booking.ics"]
    guesses += [f"/feed/{GUESS}/bookings.ics", f"{PUBLIC}embed/bookings/{GUESS}/"]
    assert [client.get(address).status_code for address in guesses] == [404] * 5
    refused = client.get(f"/l/{GUESS}/")
    assert (refused.status_code, refused["Cache-Control"]) == (429, "no-store")
    assert 540 < int(refused["Retry-After"]) <= 600
    assert "Please try again in 10 minutes." in text_of(refused)
    known = [link.get_absolute_url(), booking.get_absolute_url(), f"/feed/{token}/bookings.ics"]
    assert [client.get(address).status_code for address in known] == [200] * 3


# The trap


@pytest.mark.usefixtures("clock")
def test_bot_in_the_trap_books_nothing_and_learns_nothing(
    client: Client, calendar: Calendar
) -> None:
    trapped = send(client, PUBLIC, message="Buy now")
    outdated = send(client, PUBLIC, nonce="out of date")
    assert (trapped.status_code, without_nonce(trapped)) == (422, without_nonce(outdated))
    assert not Booking.objects.exists()


@pytest.mark.usefixtures("clock")
def test_client_whose_browser_filled_it_in_confirms_once_more(
    client: Client, calendar: Calendar
) -> None:
    trapped = send(client, PUBLIC, message="Cleo Client")
    assert 'value="Cleo Client"' in text_of(trapped)
    form = {**CLEO, "at": AT, "nonce": nonce_on(trapped), "message": ""}
    assert client.post(f"{PUBLIC}bookings/", form, headers=ORIGIN).status_code == 303


def without_nonce(response: Any) -> str:
    return sub(r'(name="nonce" value=)"[^"]+"', r"\1", text_of(response))


def test_nobody_sees_the_trap(page: Page, calendar: Calendar) -> None:
    page.goto(PUBLIC)
    page.get_by_role("region", name="Next free times").get_by_role("link").first.click()
    expect(page.get_by_role("button", name="Confirm booking")).to_be_visible()
    trap = page.locator("[name=message]")
    expect(trap).to_be_hidden()
    assert page.get_by_role("textbox").count() == page.locator("input:visible").count() == 2
    page.get_by_label("Email").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Confirm booking")).to_be_focused()


# Many bots


def test_two_hundred_bots_leave_no_more_bookings_than_the_limit(
    settings: Any, limits: dict[str, list], olive: Owner
) -> None:
    """`make soak` sends four thousand forms of bots to a real server."""
    settings.TRUSTED_PROXY_HOPS = 1
    limits["bookings_per_address"] = parse_many("10 per hour; 15 per day")
    calendar = CalendarFactory.create(owner=olive, slug="discovery-call", hours=ALWAYS)
    answers = [book(calendar, number) for number in range(200)]
    assert (answers.count(303), answers.count(429)) == (40, 160)
    assert Booking.objects.count() == 40


def book(calendar: Calendar, number: int) -> int:
    """Send a smart bot's form for a slot of its own, from one of four addresses."""
    tomorrow = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    slot = tomorrow + timedelta(days=1, minutes=30 * number)
    nonce = make_nonce(calendar=calendar, link=None, slot=slot)
    form = {**CLEO, "at": slot.isoformat(), "nonce": nonce, "message": ""}
    headers = {**ORIGIN, "X-Forwarded-For": f"192.0.2.{number % 4}"}
    return Client().post(f"{PUBLIC}bookings/", form, headers=headers).status_code


# Other forms of clients


def test_refused_cancellation_keeps_the_reason(client: Client, calendar: Calendar) -> None:
    booking = BookingFactory.create(calendar=calendar)
    address = f"{booking.get_absolute_url()}cancellation/"
    form = {"message": "I am ill.", "sequence": "x"}
    for status in (422, 422, 429):
        response = client.post(address, form, headers=ORIGIN)
        assert response.status_code == status
    assert int(response["Retry-After"]) > 0
    assert "Nothing you typed is lost." in text_of(response)
    assert "I am ill." in text_of(response)
    booking.refresh_from_db()
    assert booking.is_live


@pytest.mark.usefixtures("clock")
def test_refused_request_for_a_link_keeps_what_was_typed(
    client: Client, calendar: Calendar, clock: time_machine.Traveller
) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, revoked_at=datetime(2026, 1, 1, tzinfo=UTC))
    form = {"name": "", "word": "I am ill."}
    for status in (422, 422, 429):
        response = client.post(f"/l/{link.token}/requests/", form, headers=ORIGIN)
        assert response.status_code == status
    assert int(response["Retry-After"]) > 0
    assert "Too many tries." in text_of(response)
    assert "Nothing you typed is lost." in text_of(response)
    assert "I am ill." in text_of(response)
