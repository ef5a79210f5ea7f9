"""Tests of booking through the pages, as a client's browser does it."""

from datetime import timedelta
from re import findall, search
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from booking.models import Booking
from booking.questions import name_questions
from calendars.models import Calendar, Owner
from onetime_links.models import OneTimeLink, Status
from tests.booking.conftest import PUBLIC, SUNDAY
from tests.support.booking.sending import AT, CLEO, ORIGIN, SLOT, fetch_nonce, nonce_on, send
from tests.support.database.queries import at_most_queries
from tests.support.pages.parsing import shows, text_of, words_of
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

pytestmark = pytest.mark.usefixtures("clock")


def test_public_booking_leads_to_its_confirmation(client: Client, calendar: Calendar) -> None:
    response = send(client, PUBLIC)
    booking = Booking.objects.get()
    assert (response.status_code, response["Location"]) == (303, booking.get_absolute_url())
    assert (booking.client_name, booking.client_email) == ("Cleo Client", "cleo@example.com")
    assert booking.starts_at == SLOT
    page = client.get(response["Location"])
    assert "You’re booked" in words_of(page)
    assert (
        'Tuesday, 24 November 2026, <span class="nowrap">10:00–10:30</span> (Berlin time)'
        in words_of(page)
    )
    assert "Room 5" in words_of(page)
    assert page["Cache-Control"] == "no-store"


def test_client_sees_their_own_zone_on_the_confirmation(client: Client, calendar: Calendar) -> None:
    nonce = fetch_nonce(client, PUBLIC)
    data = {**CLEO, "at": AT, "nonce": nonce}
    response = client.post(f"{PUBLIC}bookings/?tz=Asia/Tokyo", data, headers=ORIGIN)
    assert "18:00–18:30</span> (Tokyo time)" in words_of(client.get(response["Location"]))
    assert Booking.objects.get().client_time_zone == "Asia/Tokyo"


def test_booking_by_link_uses_it_up(client: Client, link: OneTimeLink) -> None:
    address = link.get_absolute_url()
    assert send(client, address).status_code == 303
    link = OneTimeLink.objects.get()
    assert link.status(at=SUNDAY) == Status.USED
    stranger = Client()
    assert stranger.get(address).status_code == 410
    refused = stranger.post(f"{address}bookings/", {**CLEO, "at": AT, "nonce": "x"}, headers=ORIGIN)
    assert refused.status_code == 410
    assert Booking.objects.count() == 1


def test_browser_that_booked_is_led_to_its_booking(client: Client, link: OneTimeLink) -> None:
    address = link.get_absolute_url()
    send(client, address)
    booking = Booking.objects.get()
    assert client.get(address)["Location"] == booking.get_absolute_url()
    cookie = client.cookies["booked"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (address, True, "Lax")
    client.cookies["booked"] = "wrong"
    assert client.get(address).status_code == 410


@pytest.mark.parametrize("by_link", [True, False])
def test_same_form_twice_makes_one_booking(
    client: Client, calendar: Calendar, link: OneTimeLink, by_link: bool
) -> None:
    address = link.get_absolute_url() if by_link else PUBLIC
    nonce = fetch_nonce(client, address)
    answers = [send(client, address, nonce=nonce) for _ in range(3)]
    assert {answer["Location"] for answer in answers} == {Booking.objects.get().get_absolute_url()}


@pytest.mark.parametrize("by_link", [True, False])
def test_booking_needs_eight_queries(
    client: Client, calendar: Calendar, link: OneTimeLink, by_link: bool
) -> None:
    address = link.get_absolute_url() if by_link else PUBLIC
    nonce = fetch_nonce(client, address)
    with at_most_queries(8):
        assert send(client, address, nonce=nonce).status_code == 303


def test_slot_taken_meanwhile_keeps_what_was_typed(client: Client, link: OneTimeLink) -> None:
    address = link.get_absolute_url()
    nonce = fetch_nonce(client, address)
    BookingFactory.create(calendar=link.calendar, starts_at=SLOT)
    response = send(client, address, nonce=nonce)
    assert response.status_code == 409
    text = words_of(response)
    assert "That time was just taken." in text
    assert 'value="Cleo Client"' in text
    assert 'value="cleo@example.com"' in text
    fresh = search(r'name="choose" value="([^"]+)"', text)
    assert fresh
    # The nearest slots of that day: from 09:00 to 12:00 in Berlin, without 10:00, which is taken.
    assert findall(r'name="choose" value="2026-11-24T([\d:]{5})', text) == [
        "08:00",
        "08:30",
        "09:30",
        "10:00",
        "10:30",
        "11:00",
    ]
    # The form of another time has the same words and a new nonce; it books when it is confirmed.
    chosen = send(client, address, nonce=nonce, choose=fresh[1])
    assert chosen.status_code == 200
    assert 'value="Cleo Client"' in words_of(chosen)
    assert Booking.objects.count() == 1
    at = search(r'name="at" value="([^"]+)"', words_of(chosen))
    assert at
    assert send(client, address, at=at[1], nonce=nonce_on(chosen)).status_code == 303


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"name": "Cleo\x00"}, "Null characters are not allowed."),
        ({"name": "Cleo\nBcc: all@example.com"}, "Remove line breaks"),
        ({"name": "Cleo \u202eeve"}, "Remove line breaks and invisible characters."),
        ({"email": "cleo at example"}, "Enter a valid email address."),
        ({"email": "cl\u0131o@example.com"}, "No email can be sent to this address."),
        ({"email": "cleo@example.com\nBcc: x@example.com"}, "Enter a valid email address."),
    ],
)
def test_bad_words_are_refused_at_their_field(
    client: Client, calendar: Calendar, fields: dict, words: str
) -> None:
    response = send(client, PUBLIC, **fields)
    assert response.status_code == 422
    assert words in words_of(response)
    assert 'aria-invalid="true"' in words_of(response)
    kept = "cleo@example.com" if "name" in fields else "Cleo Client"
    assert f'value="{kept}"' in words_of(response)
    assert not Booking.objects.exists()
    assert nonce_on(response)


@pytest.mark.parametrize(
    "at", ["", "nonsense", "9999-12-31T00:00Z", "2026-11-24T09:00", "\x00", "2026-11-24T09:00Z" * 9]
)
def test_made_up_slot_is_refused(client: Client, calendar: Calendar, at: str) -> None:
    response = client.post(f"{PUBLIC}bookings/", {**CLEO, "at": at, "nonce": "x"}, headers=ORIGIN)
    assert response.status_code == 422
    assert "Please choose a time." in words_of(response)


@pytest.mark.parametrize("at", ["2150-01-01T00:00Z", "2001-01-01T00:00Z"])
@pytest.mark.parametrize("name", ["at", "choose"])
def test_slot_that_is_not_offered_gets_no_form(
    client: Client, calendar: Calendar, name: str, at: str
) -> None:
    response = send(client, PUBLIC, nonce="x", **{name: at})
    assert response.status_code == 409
    assert "Confirm booking" not in words_of(response)
    assert 'value="Cleo Client"' in words_of(response)


@pytest.mark.parametrize("days", [-7, 1, 400])
def test_signed_form_for_a_slot_that_is_not_offered(
    client: Client, calendar: Calendar, clock: time_machine.Traveller, days: int
) -> None:
    nonce = fetch_nonce(client, PUBLIC)
    clock.shift(timedelta(days=days) if days > 0 else timedelta(days=8))
    response = send(client, PUBLIC, nonce=nonce)
    assert response.status_code == (303 if days == 1 else 409)


def test_nonce_of_another_slot_calendar_or_link_gets_a_fresh_form(
    client: Client, calendar: Calendar, link: OneTimeLink, olive: Owner
) -> None:
    CalendarFactory.create(owner=olive, slug="other")
    another = OneTimeLinkFactory.create(calendar=calendar)
    foreign = [
        fetch_nonce(client, PUBLIC),
        fetch_nonce(client, "/book/other/"),
        fetch_nonce(client, another.get_absolute_url()),
        fetch_nonce(client, link.get_absolute_url(), "2026-11-24T09:30Z"),
        fetch_nonce(client, link.get_absolute_url())[:-1] + "!",
        "",
        "nonsense\x00",
    ]
    for nonce in foreign:
        response = send(client, link.get_absolute_url(), nonce=nonce)
        assert response.status_code == 422
        assert "This page was out of date. Please confirm once more." in words_of(response)
        assert nonce_on(response) != nonce
    assert not Booking.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver:81"},
    ],
)
def test_form_of_another_site_is_refused(
    client: Client, calendar: Calendar, headers: dict[str, str]
) -> None:
    nonce = fetch_nonce(client, PUBLIC)
    data = {**CLEO, "at": AT, "nonce": nonce}
    response = client.post(f"{PUBLIC}bookings/", data, headers=headers)
    assert response.status_code == 403
    assert "Nothing was booked" in words_of(response)
    assert not Booking.objects.exists()


@pytest.mark.parametrize(
    ("base_url", "host", "origin"),
    [
        # Proxies that pass the host on without its port, or with the default port.
        ("http://book.example.com:8443", "book.example.com", "http://book.example.com:8443"),
        ("http://book.example.com", "book.example.com:80", "http://book.example.com"),
        ("http://[fd00::5]:8403", "[fd00::5]", "http://[fd00::5]:8403"),
        # Another host name of the installation.
        ("http://book.example.com", "other.example.com:81", "http://other.example.com:81"),
    ],
)
def test_form_of_our_own_page_is_taken_whatever_the_proxy_says(
    client: Client, calendar: Calendar, settings: Any, base_url: str, host: str, origin: str
) -> None:
    settings.BASE_URL, settings.ALLOWED_HOSTS = base_url, ["*"]
    data = {**CLEO, "at": AT, "nonce": fetch_nonce(client, PUBLIC)}
    headers = {"Origin": origin, "Host": host}
    assert client.post(f"{PUBLIC}bookings/", data, headers=headers).status_code == 303


def test_browser_without_origin_is_known_by_its_referer(client: Client, calendar: Calendar) -> None:
    data = {**CLEO, "at": AT, "nonce": fetch_nonce(client, PUBLIC)}
    headers = {"Referer": f"http://testserver{PUBLIC}"}
    assert client.post(f"{PUBLIC}bookings/", data, headers=headers).status_code == 303


def test_no_csrf_cookie_is_needed(calendar: Calendar) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert send(strict, PUBLIC).status_code == 303


@pytest.mark.parametrize(
    ("fact", "status", "words"),
    [
        ({"revoked_at": SUNDAY}, 410, "This link has been revoked"),
        ({"expires_at": SUNDAY + timedelta(minutes=1)}, 410, "This link has expired"),
    ],
)
def test_link_that_died_while_the_form_was_open(
    client: Client,
    link: OneTimeLink,
    clock: time_machine.Traveller,
    fact: dict,
    status: int,
    words: str,
) -> None:
    nonce = fetch_nonce(client, link.get_absolute_url())
    OneTimeLink.objects.update(created_at=SUNDAY - timedelta(days=1), **fact)
    clock.shift(timedelta(minutes=1))
    response = send(client, link.get_absolute_url(), nonce=nonce)
    assert response.status_code == status
    assert words in words_of(response)
    assert not Booking.objects.exists()


def test_calendar_deleted_while_the_form_was_open(client: Client, link: OneTimeLink) -> None:
    nonce = fetch_nonce(client, link.get_absolute_url())
    Calendar.objects.update(deleted_at=SUNDAY)
    response = send(client, link.get_absolute_url(), nonce=nonce)
    assert response.status_code == 410
    assert "is no longer offered" in words_of(response)


def test_second_form_of_the_browser_that_booked_leads_to_its_booking(
    client: Client, link: OneTimeLink
) -> None:
    address = link.get_absolute_url()
    nonce = fetch_nonce(client, address, "2026-11-24T10:00Z")
    send(client, address)
    response = send(client, address, at="2026-11-24T10:00Z", nonce=nonce)
    assert response["Location"] == Booking.objects.get().get_absolute_url()


def test_nothing_else_is_free(client: Client, calendar: Calendar) -> None:
    nonce = fetch_nonce(client, PUBLIC)
    calendar.weekly_hours.all().delete()
    text = words_of(send(client, PUBLIC, nonce=nonce))
    assert "Every other time is taken, too." in text
    assert "Confirm booking" not in text


def test_twelve_hour_clock_stays_on_the_confirmation(client: Client, calendar: Calendar) -> None:
    nonce = fetch_nonce(client, PUBLIC)
    data = {**CLEO, "at": AT, "nonce": nonce}
    response = client.post(f"{PUBLIC}bookings/?clock=12", data, headers=ORIGIN)
    assert "10:00 am–10:30 am" in words_of(client.get(response["Location"]))


def test_calendar_paused_while_the_form_was_open(client: Client, calendar: Calendar) -> None:
    nonce = fetch_nonce(client, PUBLIC)
    Calendar.objects.update(paused_at=SUNDAY)
    response = send(client, PUBLIC, nonce=nonce)
    assert response.status_code == 409
    assert "Not taking bookings at the moment" in words_of(response)


ABOUT = {"label": "What is it about?", "kind": "text", "required": True}
ELSE = {"label": "Anything else?", "kind": "long", "required": False}
AGREE = {"label": "I agree", "kind": "checkbox", "required": False}


def ask(*questions: dict[str, Any]) -> list[str]:
    """Make the calendar ask these questions, and return the names of their fields."""
    Calendar.objects.update(questions=list(questions))
    return list(name_questions(list(questions)))


def test_questions_are_asked_and_answers_kept(client: Client, calendar: Calendar) -> None:
    about, other, agree = ask(ABOUT, ELSE, AGREE)
    form = words_of(client.get(f"{PUBLIC}?at={AT}"))
    assert "What is it about?" in form
    refused = send(client, PUBLIC, **{other: "A\nB"})
    assert refused.status_code == 422
    assert "A\nB" in words_of(refused).replace("\r", "")
    send(client, PUBLIC, **{about: "<b>Us</b>", agree: "on"})
    assert Booking.objects.get().answers == [
        {"question": "What is it about?", "answer": "<b>Us</b>"},
        {"question": "Anything else?", "answer": ""},
        {"question": "I agree", "answer": True},
    ]


def test_answer_stays_with_its_question_when_the_owner_moves_it(
    client: Client, calendar: Calendar
) -> None:
    company, phone = ({**ABOUT, "label": label} for label in ("Company", "Phone"))
    first, second = ask(company, phone)
    ask(phone, company)
    send(client, PUBLIC, **{first: "ACME", second: "0170"})
    assert Booking.objects.get().answers == [
        {"question": "Phone", "answer": "0170"},
        {"question": "Company", "answer": "ACME"},
    ]


def test_question_asked_twice_has_two_answers(client: Client, calendar: Calendar) -> None:
    first, second = ask(ABOUT, ABOUT)
    send(client, PUBLIC, **{first: "One", second: "Two"})
    assert [each["answer"] for each in Booking.objects.get().answers] == ["One", "Two"]


def test_answer_with_hidden_characters_is_refused(client: Client, calendar: Calendar) -> None:
    about, other = ask(ABOUT, ELSE)
    for answers in ({about: "a\u202eb"}, {about: "a", other: "a\n\nb\u2066c"}):
        assert send(client, PUBLIC, **answers).status_code == 422


def test_body_of_ten_megabytes_is_refused(client: Client, calendar: Calendar) -> None:
    nonce = fetch_nonce(client, PUBLIC)
    response = send(client, PUBLIC, nonce=nonce, name="x" * 10_000_000)
    assert response.status_code == 413
    # A file counts as well, and is refused before it is read.
    upload = SimpleUploadedFile("name", b"x" * 10_000_000)
    data = {**CLEO, "at": AT, "nonce": nonce, "file": upload}
    headers = {**ORIGIN, "Accept-Language": "de"}
    refused = client.post(f"{PUBLIC}bookings/", data, headers=headers)
    assert refused.status_code == 413
    assert "<h1>Das ist zu lang</h1>" in text_of(refused)
    assert not Booking.objects.exists()


def test_body_of_no_known_length_is_refused(client: Client) -> None:
    refused = client.post(f"{PUBLIC}bookings/", CONTENT_LENGTH="ten", headers=ORIGIN)
    assert refused.status_code == 400
    assert "<h1>We could not read that request</h1>" in text_of(refused)


def test_form_address_opened_by_hand_leads_to_the_page(client: Client, link: OneTimeLink) -> None:
    assert client.get(f"{PUBLIC}bookings/")["Location"] == PUBLIC
    address = link.get_absolute_url()
    assert client.get(f"{address}bookings/")["Location"] == address


def test_embedded_booking_is_confirmed_in_the_frame(client: Client, calendar: Calendar) -> None:
    response = send(client, f"{PUBLIC}embed/")
    assert response["Location"].startswith(f"{PUBLIC}embed/bookings/")
    page = client.get(response["Location"])
    assert "You’re booked" in words_of(page)
    assert "X-Frame-Options" not in page
    assert client.get(Booking.objects.get().get_absolute_url())["X-Frame-Options"] == "DENY"


def test_form_sent_to_a_former_address_still_books(client: Client, calendar: Calendar) -> None:
    nonce = fetch_nonce(client, PUBLIC)
    Calendar.objects.update(slug="new-name")
    assert send(client, PUBLIC, nonce=nonce).status_code == 303


def test_box_is_answered_in_the_readers_language(client: Client, calendar: Calendar) -> None:
    [agree] = ask(AGREE)
    send(client, PUBLIC, **{agree: "on"})
    booking = Booking.objects.get()
    page = words_of(client.get(booking.get_absolute_url()))
    assert shows(page, "<dt>I agree</dt><dd>yes</dd>")
    page = words_of(client.get(booking.get_absolute_url(), headers={"Accept-Language": "de"}))
    assert shows(page, "<dt>I agree</dt><dd>ja</dd>")
