"""Helpers that change a booking as its client's browser does."""

from datetime import timedelta
from re import search
from typing import Any

from django.test import Client
from icalendar import Calendar

from booking.models import Booking, Change
from tests.support.booking.sending import ORIGIN, SLOT
from tests.support.pages.parsing import text_of

# Cleo's slot and the one that she wants: Tuesday 10:00 and Wednesday 11:00 in Berlin.
BOOKED = SLOT
WANTED = SLOT + timedelta(days=1, hours=1)


def page_of(booking: Booking, name: str = "") -> str:
    return f"{booking.get_absolute_url()}{name}"


def event_of(client: Client, booking: Booking) -> Any:
    """Return the booking's entry in the file that its page offers."""
    file = client.get(page_of(booking, "booking.ics")).content
    (event,) = Calendar.from_ical(file).walk("VEVENT")
    return event


def sequence_on(response: Any) -> str:
    found = search(r'name="sequence" value="(\d+)"', text_of(response))
    assert found
    return found[1]


def reschedule(client: Client, booking: Booking, query: str = "", **fields: str) -> Any:
    """Post the form for the wanted time, unless `fields` say otherwise."""
    data = {"at": f"{WANTED:%Y-%m-%dT%H:%MZ}", "sequence": str(booking.sequence), **fields}
    return client.post(page_of(booking, f"reschedule/{query}"), data, headers=ORIGIN)


def cancel(client: Client, booking: Booking, **fields: str) -> Any:
    data = {"sequence": str(booking.sequence), **fields}
    return client.post(page_of(booking, "cancellation/"), data, headers=ORIGIN)


def state_of(booking: Booking) -> tuple[Any, ...]:
    """Return everything that a change would change, fresh from the database."""
    booking = Booking.objects.get(pk=booking.pk)
    return (
        booking.starts_at,
        booking.ends_at,
        booking.blocked_from,
        booking.blocked_until,
        booking.sequence,
        booking.cancelled_at,
        Change.objects.count(),
        booking.mails.count(),
    )
