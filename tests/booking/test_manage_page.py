"""The client's own page of a booking, and its calendar file."""

from datetime import timedelta

import pytest
from django.test import Client
from icalendar import Calendar as Entries

from booking.models import Booking
from calendars.models import Calendar
from tests.booking.conftest import PUBLIC, SUNDAY
from tests.booking.sending import send
from tests.factories import BookingFactory
from tests.pages import text_of

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
    assert "dates=20261124T090000Z%2F20261124T093000Z" in text_of(page)
    assert "startdt=2026-11-24T09%3A00%3A00Z" in text_of(page)


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
    text = text_of(client.get(booking.get_absolute_url()))
    assert words in text
    assert "Add to calendar" not in text


def test_manage_page_stays_when_the_calendar_is_deleted(client: Client, calendar: Calendar) -> None:
    booking = BookingFactory.create(calendar=calendar)
    Calendar.objects.update(deleted_at=SUNDAY)
    assert client.get(booking.get_absolute_url()).status_code == 200
