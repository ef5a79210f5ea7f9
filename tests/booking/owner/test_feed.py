"""Tests of the owner's bookings as a calendar to subscribe to."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
import vobject
from django.db import transaction
from django.db.models import (
    BooleanField,
    DateTimeField,
    Field,
    IntegerField,
    JSONField,
    UUIDField,
)
from django.test import Client
from icalendar import Calendar as ParsedCalendar

from booking.owner import feed
from booking.owner.feed import open_feed, version_of_feed, write_feed
from booking.privacy.erase import erase_client
from calendars.kit.languages import speaking
from calendars.models import Calendar, Owner
from tests.booking.conftest import SUNDAY
from tests.support.database.queries import at_most_queries
from tests.support.pages.parsing import text_of
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

DAY = timedelta(days=1)


@pytest.fixture
def as_olive(client: Client, olive: Owner, clock: time_machine.Traveller) -> Client:
    client.force_login(olive)
    return client


@pytest.fixture
def address(olive: Owner) -> str:
    return f"/feed/{open_feed(owner=olive).feed_token}/bookings.ics"


def test_feed_holds_live_bookings_of_all_calendars(
    client: Client, calendar: Calendar, sam: Owner, address: str, clock: time_machine.Traveller
) -> None:
    other = CalendarFactory.create(owner=calendar.owner, name="Onboarding")
    link = OneTimeLinkFactory.create(calendar=calendar, note="Secret")
    booking = BookingFactory.create(
        calendar=calendar,
        one_time_link=link,
        starts_at=SUNDAY + DAY,
        client_name="Cleo; Client, \\ Ms",
        answers=[{"question": "Why?", "answer": "Line one\nLine two"}],
    )
    BookingFactory.create(calendar=other, starts_at=SUNDAY + 2 * DAY)
    BookingFactory.create(calendar=calendar, starts_at=SUNDAY + 3 * DAY, cancelled_at=SUNDAY)
    BookingFactory.create(calendar=calendar, starts_at=SUNDAY - 40 * DAY)
    BookingFactory.create(calendar=CalendarFactory.create(owner=sam), starts_at=SUNDAY + DAY)
    with at_most_queries(5):
        response = client.get(address)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Cache-Control"] == "private, no-cache"
    first, second = vobject.readOne(response.content.decode()).vevent_list
    assert first.summary.value == "Cleo; Client, \\ Ms, Discovery call"
    assert first.dtstart.value == SUNDAY + DAY
    assert first.uid.value == f"{booking.uid}@quantix"
    assert "Line one\nLine two" in first.description.value
    assert second.summary.value == "Cleo Client, Onboarding"
    assert "Secret" not in text_of(response)
    [parsed] = ParsedCalendar.from_ical(response.content, multiple=True)
    assert [event.errors for event in parsed.walk("VEVENT")] == [[], []]


def test_unchanged_feed_is_not_sent_again(
    client: Client, calendar: Calendar, address: str, clock: time_machine.Traveller
) -> None:
    booking = BookingFactory.create(calendar=calendar, starts_at=SUNDAY + DAY)
    etag = client.get(address)["ETag"]
    clock.shift(3600)
    german = {"If-None-Match": etag, "Accept-Language": "de"}
    unchanged = client.get(address, headers=german)
    assert (unchanged.status_code, unchanged["Cache-Control"]) == (304, "private, no-cache")
    # The feed is in the owner's language, whatever language the reader asks for.
    assert client.get(address, headers={"Accept-Language": "de"})["Content-Language"] == "en-GB"
    booking.cancelled_at = datetime(2026, 11, 22, 13, tzinfo=UTC)
    booking.save()
    fresh = client.get(address, headers={"If-None-Match": etag})
    assert fresh.status_code == 200
    assert "VEVENT" not in text_of(fresh)


@pytest.mark.parametrize("method", ["get", "head"])
def test_unchanged_feed_is_not_even_written(
    client: Client,
    calendar: Calendar,
    address: str,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
) -> None:
    BookingFactory.create(calendar=calendar, starts_at=SUNDAY - DAY)
    BookingFactory.create(calendar=calendar, starts_at=SUNDAY + DAY)
    etag = client.get(address)["ETag"]
    monkeypatch.delattr(feed, "feed_ics")
    clock.shift(2 * DAY)  # one that was to come has become one of the last month
    with at_most_queries(3):
        response = getattr(client, method)(address, headers={"If-None-Match": etag})
    assert (response.status_code, response["ETag"]) == (304, etag)


@pytest.mark.parametrize("shift", [timedelta(hours=23), timedelta(hours=25)])
def test_time_changes_the_version_only_with_the_feed(
    calendar: Calendar, clock: time_machine.Traveller, shift: timedelta
) -> None:
    BookingFactory.create(calendar=calendar, starts_at=SUNDAY - 30 * DAY)
    then = SUNDAY + shift
    is_same = write_feed(calendar.owner, now=SUNDAY) == write_feed(calendar.owner, now=then)
    assert is_same == (shift < DAY)
    versions = {version_of_feed(calendar.owner, now=at) for at in (SUNDAY, then)}
    assert len(versions) == 2 - is_same


def test_every_fact_changed_alone_changes_the_version(calendar: Calendar) -> None:
    """The feed is made of one booking's fields, its calendar's and the owner's, and of no other."""
    booking = BookingFactory.create(
        calendar=calendar,
        starts_at=SUNDAY + DAY,
        blocked_from=SUNDAY,
        blocked_until=SUNDAY + 3 * DAY,
        answers=[{"question": "Sure?", "answer": True}],
    )
    text, version = now_of(calendar.owner)
    shown: set[str] = set()
    for row in (booking, calendar, calendar.owner):
        for field in row._meta.concrete_fields:
            # What a trigger alone counts cannot be changed.
            if field.primary_key or field.is_relation or field.name == "sessions_ended":
                continue
            with transaction.atomic():
                value = another(field, getattr(row, field.attname))
                type(row)._base_manager.filter(pk=row.pk).update(**{field.name: value})
                other_text, other_version = now_of(Owner.objects.get())
                transaction.set_rollback(True)
            assert other_version != version, field
            if other_text != text:
                shown.add(str(field).removeprefix("booking.").removeprefix("calendars."))
    assert now_of(calendar.owner) == (text, version)
    assert shown == {
        *("Booking.client_name", "Booking.client_email", "Booking.answers", "Booking.uid"),
        *("Booking.starts_at", "Booking.ends_at", "Booking.cancelled_at", "Booking.sequence"),
        *("Booking.created_at", "Booking.erased_at", "Calendar.name", "Calendar.location"),
        *("Owner.display_name", "Owner.language"),
    }


def now_of(owner: Owner) -> tuple[bytes, str]:
    """Return the feed and its version; both read everything that they show in two queries."""
    with speaking(owner.language), at_most_queries(2):
        text = write_feed(owner, now=SUNDAY)
    with at_most_queries(2):
        return text, version_of_feed(owner, now=SUNDAY)


def another(field: "Field[Any, Any]", value: Any) -> Any:
    """Return a value of the field that is not the one it has."""
    match field:
        case BooleanField():
            return not value
        case IntegerField():
            return (value or 0) + 5
        case DateTimeField():
            return value + timedelta(minutes=1) if value else SUNDAY
        case UUIDField():
            return uuid4()
        case JSONField():
            return [{"question": "Sure?", "answer": "Perhaps"}]
    return "de" if field.name.endswith("language") else f"{value or ''}x"


def test_another_address_of_the_server_changes_the_version(
    calendar: Calendar, settings: Any
) -> None:
    BookingFactory.create(calendar=calendar, starts_at=SUNDAY + DAY)
    before = now_of(calendar.owner)
    settings.BASE_URL = "https://other.example"
    text, version = now_of(calendar.owner)
    assert (text == before[0], version == before[1]) == (False, False)


def test_erased_client_changes_the_version(calendar: Calendar) -> None:
    BookingFactory.create(calendar=calendar, starts_at=SUNDAY - 2 * DAY)
    before = now_of(calendar.owner)
    erase_client(email="cleo@example.com", owner=calendar.owner, clear_notes=True, now=SUNDAY)
    text, version = now_of(calendar.owner)
    assert b"Cleo" in before[0]
    assert b"Cleo" not in text
    assert version != before[1]


@pytest.mark.parametrize(
    ("most", "shown"), [(2, [1, 2]), (4, [-1, 1, 2, 3]), (5, [-2, -1, 1, 2, 3])]
)
def test_long_feed_leaves_out_what_is_furthest_away(
    client: Client,
    calendar: Calendar,
    address: str,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    shown: list[int],
) -> None:
    monkeypatch.setattr(feed, "MOST", most)
    for days in (3, -1, 2, -2, 1):
        BookingFactory.create(calendar=calendar, starts_at=SUNDAY + days * DAY)
    events = vobject.readOne(client.get(address).content.decode()).vevent_list
    assert [(event.dtstart.value - SUNDAY) // DAY for event in events] == shown


def test_address_is_made_replaced_and_turned_off(as_olive: Client) -> None:
    assert "Make an address" in text_of(as_olive.get("/bookings/feed/"))
    seen = []
    for _ in range(2):
        page = text_of(as_olive.post("/bookings/feed/address/", follow=True))
        seen.append(Owner.objects.get().feed_token)
        assert f"/feed/{seen[-1]}/bookings.ics" in page
    assert seen[0] != seen[1]
    stranger = Client()
    assert stranger.get(f"/feed/{seen[0]}/bookings.ics").status_code == 404
    assert stranger.get(f"/feed/{seen[1]}/bookings.ics").status_code == 200
    as_olive.post("/bookings/feed/removal/")
    assert stranger.get(f"/feed/{seen[1]}/bookings.ics").status_code == 404


def test_feed_of_an_inactive_owner_is_gone(client: Client, olive: Owner, address: str) -> None:
    Owner.objects.update(is_active=False)
    assert client.get(address).status_code == 404
