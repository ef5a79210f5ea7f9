"""Tests of clients who cancel bookings through the pages; for races, see test_change_races.py."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from booking.acts.cancel import cancel_booking
from booking.acts.limits import ChangeRefused, Refusal
from booking.acts.reschedule import reschedule_booking
from booking.models import Act, Booking, Change, Party
from calendars.models import Calendar
from onetime_links.models import OneTimeLink, Status
from tests.booking.client.test_page import slots_on
from tests.booking.client.test_reschedule import BAD_MESSAGES
from tests.booking.conftest import PUBLIC, SUNDAY
from tests.support.booking.changing import BOOKED, WANTED, cancel, page_of, sequence_on, state_of
from tests.support.database.queries import (
    at_most_queries,
    counted_queries,
    reads_of_the_booking,
)
from tests.support.pages.parsing import words_of
from tests.support.world.factories import BookingFactory, CalendarFactory

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def booking(calendar: Calendar, link: OneTimeLink) -> Booking:
    """Return a booking by a one-time link, on Tuesday at 10:00 in Berlin."""
    return BookingFactory.create(calendar=calendar, one_time_link=link, starts_at=BOOKED)


def test_cancelling_asks_once(client: Client, booking: Booking) -> None:
    response = client.get(page_of(booking, "cancellation/"))
    text = words_of(response)
    assert "Cancel this booking?" in text
    assert "Tuesday, 24 November 2026" in text
    assert "To book again, you will need a new link from Olive Owner." in text
    assert response["Cache-Control"] == "no-store"
    assert response["X-Frame-Options"] == "DENY"
    assert Booking.objects.get().is_live


def test_cancelling_frees_the_time_and_not_the_link(client: Client, booking: Booking) -> None:
    response = cancel(client, booking, message="I am ill.")
    assert (response.status_code, response["Location"]) == (303, page_of(booking))
    booking = Booking.objects.get()
    assert (booking.cancelled_at, booking.sequence) == (SUNDAY, 1)
    change = Change.objects.get()
    assert (change.act, change.by, change.at, change.message) == (
        Act.CANCELLED,
        Party.CLIENT,
        SUNDAY,
        "I am ill.",
    )
    assert OneTimeLink.objects.get().status(at=SUNDAY) == Status.USED
    assert "2026-11-24T09:00:00+00:00" in slots_on(client.get(f"{PUBLIC}?day=2026-11-24"))
    text = words_of(client.get(page_of(booking)))
    assert "<h1>This booking was cancelled</h1>" in text
    assert "You cancelled it on Sunday 22 November, 13:00 (Berlin time)." in text
    assert "<blockquote>I am ill.</blockquote>" in text
    assert "To book again, please ask Olive Owner for a new link." in text
    assert PUBLIC not in text
    assert "Reschedule" not in text


@pytest.mark.parametrize(
    ("by_owner", "is_deleted", "leads_back"),
    [(False, False, True), (True, False, False), (False, True, False)],
)
def test_public_page_is_offered_to_whom_it_served(
    client: Client, calendar: Calendar, by_owner: bool, is_deleted: bool, leads_back: bool
) -> None:
    booking = BookingFactory.create(
        calendar=calendar, starts_at=BOOKED, made_by_owner=by_owner, cancelled_at=SUNDAY
    )
    Calendar.objects.update(deleted_at=SUNDAY if is_deleted else None)
    text = words_of(client.get(page_of(booking)))
    assert (f'href="{PUBLIC}"' in text) is leads_back
    assert ("To book again, please ask Olive Owner." in text) is not leads_back


def test_cancelling_twice_is_as_good_as_once(client: Client, booking: Booking) -> None:
    first = cancel(client, booking)
    before = state_of(booking)
    again = cancel(client, booking, message="Again")
    assert (again.status_code, again["Location"]) == (first.status_code, first["Location"])
    assert state_of(booking) == before
    assert client.get(page_of(booking, "cancellation/"))["Location"] == page_of(booking)


def test_cancelling_needs_eight_queries(client: Client, booking: Booking) -> None:
    with at_most_queries(8):
        assert cancel(client, booking).status_code == 303


def test_second_tab_is_told_that_the_booking_was_moved(client: Client, booking: Booking) -> None:
    reschedule_booking(booking=booking, slot=WANTED, by=Party.OWNER, now=SUNDAY)
    with counted_queries() as statements:
        response = cancel(client, booking, message="Kept words")
    assert response.status_code == 409
    assert reads_of_the_booking(statements) == 2  # one by the view, one by the act under its lock
    text = words_of(response)
    assert "Your booking was changed in the meantime." in text
    assert "Wednesday, 25 November 2026" in text
    assert "Kept words" in text
    assert Booking.objects.get().is_live
    assert cancel(client, booking, sequence=sequence_on(response)).status_code == 303


@pytest.mark.parametrize("sequence", ["", "-1", "x"])
def test_form_without_a_state_is_asked_once_more(
    client: Client, booking: Booking, sequence: str
) -> None:
    response = cancel(client, booking, sequence=sequence, message="Kept words")
    assert response.status_code == 422
    assert "This page was out of date. Please confirm once more." in words_of(response)
    assert "Kept words" in words_of(response)
    assert Booking.objects.get().is_live


@pytest.mark.parametrize(("message", "words"), BAD_MESSAGES)
def test_bad_reason_is_refused_in_words(
    client: Client, booking: Booking, message: str, words: str
) -> None:
    response = cancel(client, booking, message=message)
    assert response.status_code == 422
    assert words in words_of(response)
    assert message in words_of(response)
    assert Booking.objects.get().is_live


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"client_may_cancel": False}, "It cannot be cancelled online."),
        (
            {"change_notice_minutes": 2 * 24 * 60},
            "It could be rescheduled or cancelled until Sunday 22 November, 10:00 (Berlin time).",
        ),
    ],
)
def test_cancelling_that_is_not_allowed_is_refused_with_the_reason(
    client: Client, booking: Booking, facts: dict[str, Any], words: str
) -> None:
    Calendar.objects.update(**facts)
    before = state_of(booking)
    assert client.get(page_of(booking, "cancellation/"))["Location"] == page_of(booking)
    for message in ("", "x" * 501):
        response = cancel(client, booking, message=message)
        assert response.status_code == 409
        assert "Nothing was changed." in words_of(response)
        assert words in words_of(response)
    assert state_of(booking) == before


def test_booking_of_a_paused_calendar_may_be_cancelled(client: Client, booking: Booking) -> None:
    Calendar.objects.update(paused_at=SUNDAY)
    assert cancel(client, booking).status_code == 303


def test_owner_may_cancel_what_the_client_may_not(client: Client, booking: Booking) -> None:
    Calendar.objects.update(client_may_cancel=False)
    now = BOOKED + timedelta(minutes=29)
    cancel_booking(booking=booking, by=Party.OWNER, now=now, message="The room burns.")
    text = words_of(client.get(page_of(booking)))
    assert "Olive Owner cancelled it on Tuesday 24 November, 10:29 (Berlin time)." in text
    assert "The room burns." in text
    with pytest.raises(ChangeRefused) as error:
        cancel_booking(booking=booking, by=Party.OWNER, now=now)
    assert error.value.refusal == Refusal.CANCELLED


def test_cancelling_changes_no_other_booking(booking: Booking, calendar: Calendar) -> None:
    other = BookingFactory.create(calendar=CalendarFactory.create(), starts_at=BOOKED)
    cancel_booking(booking=booking, by=Party.CLIENT, now=SUNDAY)
    assert Booking.objects.live().get() == other
