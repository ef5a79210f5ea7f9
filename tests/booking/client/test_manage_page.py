"""Tests of the client's own page of a booking, and of its calendar file."""

from datetime import timedelta

import pytest
from django.test import Client
from icalendar import Calendar as Entries

from booking.models import Booking
from calendars.models import Calendar
from tests.booking.conftest import PUBLIC, SUNDAY
from tests.support.booking.sending import send
from tests.support.database.queries import at_most_queries
from tests.support.pages.parsing import shows, words_of
from tests.support.world.factories import BookingFactory

pytestmark = pytest.mark.usefixtures("clock")


def test_calendar_file_holds_the_booking(client: Client, calendar: Calendar) -> None:
    page = client.get(send(client, PUBLIC)["Location"])
    booking = Booking.objects.get()
    response = client.get(f"{booking.get_absolute_url()}booking.ics")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = Entries.from_ical(response.content).walk("VEVENT")
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (
        booking.starts_at,
        booking.ends_at,
    )
    assert str(event["summary"]) == "Discovery call with Olive Owner"
    assert str(event["uid"]).startswith(str(booking.uid))
    assert str(event["status"]) == "CONFIRMED"
    assert "dates=20261124T090000Z%2F20261124T093000Z" in words_of(page)
    assert "startdt=2026-11-24T09%3A00%3A00Z" in words_of(page)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"cancelled_at": SUNDAY}, "This booking was cancelled"),
        ({"starts_at": SUNDAY - timedelta(days=1)}, "This booking is over"),
    ],
)
def test_manage_page_of_a_booking_that_is_no_more(
    client: Client, calendar: Calendar, facts: dict, words: str
) -> None:
    booking = BookingFactory.create(calendar=calendar, **facts)
    text = words_of(client.get(booking.get_absolute_url()))
    assert words in text
    assert "Add to calendar" not in text


def test_confirmation_says_what_the_client_may_do(client: Client, calendar: Calendar) -> None:
    address = send(client, PUBLIC)["Location"]
    text = words_of(client.get(address))
    assert shows(text, "<h1>You’re booked</h1>")
    assert shows(text, f'<a href="{address}reschedule/">Reschedule</a>')
    assert shows(text, f'<a href="{address}cancellation/">Cancel</a>')
    assert (
        "You can reschedule or cancel until Tuesday 24 November, 10:00 (Berlin time). "
        "You can reschedule 3 more times."
    ) in text
    Calendar.objects.update(client_may_reschedule=False, client_may_cancel=False)
    text = words_of(client.get(address))
    assert "It cannot be changed online. To change it, please ask Olive Owner." in text
    assert "reschedule/" not in text
    assert "cancellation/" not in text


def test_booking_that_has_begun_is_not_over_and_not_changed(
    client: Client, calendar: Calendar
) -> None:
    booking = BookingFactory.create(calendar=calendar, starts_at=SUNDAY - timedelta(minutes=29))
    text = words_of(client.get(booking.get_absolute_url()))
    assert "You’re booked" in text
    assert "It has begun, and cannot be changed any more." in text


def test_framed_confirmation_changes_nothing_in_the_frame(
    client: Client, calendar: Calendar
) -> None:
    """Inside a frame, the surrounding page could cover our buttons with its own."""
    address = send(client, f"{PUBLIC}embed/")["Location"]
    text = words_of(client.get(address))
    manage = Booking.objects.get().get_absolute_url()
    for name in ("reschedule/", "cancellation/"):
        assert shows(text, f'<a href="{manage}{name}" target="_blank" rel="noopener">')
        assert client.get(f"{manage}{name}")["X-Frame-Options"] == "DENY"
        assert client.get(f"{address}{name}").status_code == 404


def test_client_sees_what_they_told(client: Client, calendar: Calendar) -> None:
    answers = [
        {"question": "What is it about?", "answer": "<b>Us</b>\nand them"},
        {"question": "Anything else?", "answer": ""},
    ]
    booking = BookingFactory.create(calendar=calendar, answers=answers, client_email="")
    response = client.get(booking.get_absolute_url())
    assert "What is it about?" in words_of(response)
    assert b"&lt;b&gt;Us&lt;/b&gt;<br>and them" in response.content
    assert "Anything else?" not in words_of(response)
    assert shows(words_of(response), "<dd>Cleo Client</dd>")


@pytest.mark.parametrize("sequence", [0, 2])
def test_manage_page_needs_two_queries(client: Client, calendar: Calendar, sequence: int) -> None:
    booking = BookingFactory.create(calendar=calendar, sequence=sequence)
    with at_most_queries(1 if sequence == 0 else 2):
        client.get(booking.get_absolute_url())


def test_manage_page_stays_when_the_calendar_is_deleted(client: Client, calendar: Calendar) -> None:
    booking = BookingFactory.create(calendar=calendar)
    Calendar.objects.update(deleted_at=SUNDAY)
    assert client.get(booking.get_absolute_url()).status_code == 200
