"""Tests of the new link that an owner makes for the client of a cancelled booking."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from booking.models import Booking
from calendars.models import Calendar, Owner
from onetime_links.links import revoke_link
from onetime_links.models import OneTimeLink, Status
from onetime_links.requests import answer_request, ask_for_link
from tests.booking.conftest import SUNDAY
from tests.support.booking.sending import SLOT
from tests.support.pages.parsing import shows, text_of
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    OneTimeLinkFactory,
)

pytestmark = pytest.mark.usefixtures("clock")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def booking(calendar: Calendar, link: OneTimeLink) -> Booking:
    """Return a booking by Cleo, who is in Tokyo, for Tuesday at 10:00 in Berlin."""
    return BookingFactory.create(
        calendar=calendar,
        one_time_link=link,
        starts_at=SLOT,
        client_time_zone="Asia/Tokyo",
        created_at=SUNDAY - HOUR,
        answers=[
            {"question": "Topic?", "answer": "Shop\nPrices"},
            {"question": "Fax?", "answer": ""},
        ],
    )


def page_of(booking: Booking, *parts: str) -> str:
    return "/".join(["/bookings", str(booking.pk), *parts, ""])


def words_of(response: Any) -> str:
    return " ".join(text_of(response).split())


def test_new_link_has_the_same_note_and_is_ready_to_copy(
    signed_in: Client, booking: Booking, link: OneTimeLink
) -> None:
    Booking.objects.update(cancelled_at=SUNDAY)
    assert "Send a new link" in text_of(signed_in.get(page_of(booking)))
    response = signed_in.post(page_of(booking, "new-link"), follow=True)
    fresh = OneTimeLink.objects.exclude(pk=link.pk).get()
    assert (fresh.note, fresh.expires_at) == (link.note, None)
    assert fresh.status(at=SUNDAY) == Status.ACTIVE
    assert link.status(at=SUNDAY) == Status.USED
    assert shows(response, f'value="{fresh.address}" readonly')
    assert "Your new link" in text_of(response)


def test_booking_has_one_new_link_as_long_as_that_works(
    signed_in: Client, booking: Booking, clock: time_machine.Traveller
) -> None:
    Booking.objects.update(cancelled_at=SUNDAY)
    addresses = set()
    for wait in (0 * DAY, 0 * DAY, DAY):
        clock.shift(wait)
        addresses.add(signed_in.post(page_of(booking, "new-link"))["Location"])
        fresh = OneTimeLink.objects.get(booking=None)
        text = words_of(signed_in.get(page_of(booking)))
        assert f'value="{fresh.address}" readonly' in text
        assert "Send a new link" not in text
    assert len(addresses) == 1
    revoke_link(link=fresh, now=SUNDAY + DAY)
    assert "Send a new link" in text_of(signed_in.get(page_of(booking)))
    assert signed_in.post(page_of(booking, "new-link"))["Location"] not in addresses


def test_two_bookings_with_the_same_note_get_a_link_each(
    signed_in: Client, booking: Booking, calendar: Calendar, link: OneTimeLink
) -> None:
    other = OneTimeLinkFactory.create(calendar=calendar, note=link.note)
    later = BookingFactory.create(calendar=calendar, one_time_link=other, starts_at=SLOT + HOUR)
    Booking.objects.update(cancelled_at=SUNDAY)
    for each in (booking, later):
        signed_in.post(page_of(each, "new-link"))
    assert set(OneTimeLink.objects.values_list("replaces", "note")) == {
        (None, link.note),
        (link.pk, link.note),
        (other.pk, link.note),
    }


def test_answer_to_a_request_is_the_new_link(
    signed_in: Client, booking: Booking, link: OneTimeLink
) -> None:
    Booking.objects.update(cancelled_at=SUNDAY)
    asked = ask_for_link(link=link, name="Cleo", word="", now=SUNDAY)
    answer = answer_request(request=asked, now=SUNDAY)
    assert answer.address in text_of(signed_in.get(page_of(booking)))


def test_new_link_is_not_one_of_another_calendar_or_note(
    signed_in: Client, booking: Booking, calendar: Calendar, olive: Owner
) -> None:
    Booking.objects.update(cancelled_at=SUNDAY)
    other = CalendarFactory.create(owner=olive)
    note = booking.one_time_link.note if booking.one_time_link else ""
    OneTimeLinkFactory.create(calendar=other, note=note, created_at=SUNDAY)
    OneTimeLinkFactory.create(calendar=calendar, note="For someone else", created_at=SUNDAY)
    OneTimeLinkFactory.create(calendar=calendar, note=note, created_at=SUNDAY, revoked_at=SUNDAY)
    before = set(OneTimeLink.objects.values_list("pk", flat=True))
    signed_in.post(page_of(booking, "new-link"))
    assert OneTimeLink.objects.exclude(pk__in=before).get().calendar == calendar


@pytest.mark.parametrize("case", ["live", "without a link", "calendar deleted"])
def test_no_new_link_where_there_is_nothing_to_replace(
    signed_in: Client, booking: Booking, case: str
) -> None:
    Booking.objects.update(cancelled_at=None if case == "live" else SUNDAY)
    if case == "without a link":
        Booking.objects.update(one_time_link=None)
    if case == "calendar deleted":
        Calendar.objects.update(deleted_at=SUNDAY)
    assert "Send a new link" not in text_of(signed_in.get(page_of(booking)))
    assert signed_in.post(page_of(booking, "new-link")).status_code == 404
    assert OneTimeLink.objects.count() == 1
