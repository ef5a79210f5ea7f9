"""Tests of time off, which blocks every calendar of an owner and is entered in wall-clock dates."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from booking.acts.book import Client as Booker
from booking.acts.book import SlotTaken, book_slot
from booking.models import TimeOff
from booking.owner.time_off_forms import TimeOffForm, as_typed
from booking.times.offers import load_window
from booking.times.time_off import add_time_off
from calendars.kit.tokens import make_token
from calendars.models import Calendar, Owner
from tests.booking.conftest import PUBLIC, SUNDAY
from tests.support.booking.sending import send
from tests.support.pages.parsing import text_of
from tests.support.pages.untouched import Fields, untouched
from tests.support.world.factories import BookingFactory, CalendarFactory, TimeOffFactory

BERLIN = ZoneInfo("Europe/Berlin")
ADDRESS = "/bookings/time-off/"
HOUR = timedelta(hours=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.fixture
def as_olive(client: Client, olive: Owner, clock: time_machine.Traveller) -> Client:
    client.force_login(olive)
    return client


def off(owner: Owner, start: datetime, end: datetime) -> TimeOff:
    return add_time_off(host=owner, starts_at=start, ends_at=end, note="", now=SUNDAY)


# Slots


def test_time_off_takes_slots_of_every_calendar_of_the_owner_alone(
    calendar: Calendar, sam: Owner
) -> None:
    other = CalendarFactory.create(owner=calendar.owner)
    of_sam = CalendarFactory.create(owner=sam)
    off(calendar.owner, utc(2026, 11, 23, 9), utc(2026, 11, 23, 10))
    end = utc(2026, 11, 23, 12)
    for one in (calendar, other):
        slots = load_window(one, now=SUNDAY).slots(utc(2026, 11, 23, 8), end)
        assert [f"{slot:%H:%M}" for slot in slots] == [
            *("08:00", "08:30"),
            *("10:00", "10:30", "11:00", "11:30"),
        ]
    assert len(load_window(of_sam, now=SUNDAY).slots(utc(2026, 11, 23, 8), end)) == 8


def test_time_off_does_not_count_towards_the_days_cap(calendar: Calendar) -> None:
    Calendar.objects.update(daily_cap=1)
    calendar.refresh_from_db()
    off(calendar.owner, utc(2026, 11, 23, 9), utc(2026, 11, 23, 10))
    slots = load_window(calendar, now=SUNDAY).slots(utc(2026, 11, 23, 8), utc(2026, 11, 23, 9))
    assert len(slots) == 2


def test_slot_in_time_off_cannot_be_booked(calendar: Calendar) -> None:
    off(calendar.owner, utc(2026, 11, 23, 9), utc(2026, 11, 23, 10))
    cleo = Booker(name="Cleo", email="c@example.com", time_zone="UTC", language="en")
    with pytest.raises(SlotTaken):
        book_slot(
            calendar=calendar,
            link=None,
            slot=utc(2026, 11, 23, 9, 30),
            client=cleo,
            nonce=make_token(),
            now=SUNDAY,
        )


def test_client_whose_time_went_off_meanwhile_gets_fresh_times(
    client: Client, calendar: Calendar, clock: time_machine.Traveller
) -> None:
    off(calendar.owner, utc(2026, 11, 24, 0), utc(2026, 11, 25, 0))
    response = send(client, PUBLIC, nonce="x")
    assert response.status_code == 409
    assert "cleo@example.com" in text_of(response)


# The form


def form_of(**typed: str) -> TimeOffForm:
    return TimeOffForm({"time_zone": "Europe/Berlin", **typed}, zones=["Europe/Berlin"], now=SUNDAY)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"first": "2026-12-24"}, (utc(2026, 12, 23, 23), utc(2026, 12, 24, 23))),
        (
            {"first": "2026-12-24", "last": "2026-12-31"},
            (utc(2026, 12, 23, 23), utc(2026, 12, 31, 23)),
        ),
        (
            {"first": "2026-12-24", "start": "09:30", "end": "11:00"},
            (utc(2026, 12, 24, 8, 30), utc(2026, 12, 24, 10)),
        ),
        (
            {"first": "2026-12-24", "start": "12:00", "last": "2026-12-26"},
            (utc(2026, 12, 24, 11), utc(2026, 12, 26, 23)),
        ),
        # The day of the clock change is an hour shorter, or longer.
        ({"first": "2027-03-28"}, (utc(2027, 3, 27, 23), utc(2027, 3, 28, 22))),
        ({"first": "2027-10-31"}, (utc(2027, 10, 30, 22), utc(2027, 10, 31, 23))),
        # 02:30 occurs twice: the time off is from the first to the second.
        (
            {"first": "2027-10-31", "start": "02:30", "end": "02:30"},
            (utc(2027, 10, 31, 0, 30), utc(2027, 10, 31, 1, 30)),
        ),
    ],
)
def test_dates_become_instants(typed: dict[str, str], expected: tuple[datetime, datetime]) -> None:
    form = form_of(**typed)
    assert form.is_valid(), form.errors
    assert (form.starts_at, form.ends_at) == expected


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({}, "first", "Fill this in."),
        ({"first": "2026-12-24", "last": "2026-12-23"}, "last", "The end must come after"),
        ({"first": "2026-12-24", "start": "10:00", "end": "09:00"}, "end", "The end must come"),
        ({"first": "2026-11-20"}, "last", "This is over already."),
        ({"first": "2026-12-24", "last": "2029-12-24"}, "last", "At most two years at once."),
        ({"first": "2036-12-24"}, "first", "At most five years ahead."),
        ({"first": "9999-12-31"}, "first", "Type a year from 2000 to 2199."),
        ({"first": "2026-12-24", "last": "0001-01-01"}, "last", "Type a year from 2000"),
        ({"first": "2026-12-24", "note": "\x00"}, "note", "Null characters are not allowed."),
        ({"first": "2026-12-24", "time_zone": "Mars/Olympus"}, "time_zone", "Select a valid"),
    ],
)
def test_what_cannot_be_meant_is_said_at_its_field(
    typed: dict[str, str], field: str, words: str
) -> None:
    form = form_of(**typed)
    assert not form.is_valid()
    assert words in str(form.errors[field])


@pytest.mark.parametrize(
    ("start", "end", "typed"),
    [
        (utc(2026, 12, 23, 23), utc(2026, 12, 24, 23), {"last": date(2026, 12, 24)}),
        (
            utc(2026, 12, 24, 8, 30),
            utc(2026, 12, 24, 10),
            {"start": time(9, 30), "last": date(2026, 12, 24), "end": time(11)},
        ),
    ],
)
def test_form_is_filled_with_what_was_typed(
    start: datetime, end: datetime, typed: dict[str, Any]
) -> None:
    filled = as_typed(TimeOff(starts_at=start, ends_at=end, note="Ski"), BERLIN)
    common = {"first": date(2026, 12, 24), "note": "Ski", "time_zone": "Europe/Berlin"}
    assert filled == common | typed


# The pages


def test_time_off_is_added_changed_and_removed(as_olive: Client, calendar: Calendar) -> None:
    assert "No time off planned" in text_of(as_olive.get(ADDRESS))
    data = {
        "first": "2026-12-24",
        "last": "2026-12-26",
        "time_zone": "Europe/Berlin",
        "note": "Ski",
    }
    added = as_olive.post(f"{ADDRESS}new/", data, follow=True)
    assert "Saved. None of your calendars offers that time." in text_of(added)
    assert "Thu, 24 Dec 2026\N{NO-BREAK SPACE}– Sat, 26 Dec 2026" in text_of(added)
    time_off = TimeOff.objects.get()
    edit = f"{ADDRESS}{time_off.pk}/"
    assert 'value="2026-12-26"' in text_of(as_olive.get(edit))
    as_olive.post(edit, {**data, "start": "14:00"})
    time_off.refresh_from_db()
    assert time_off.starts_at == utc(2026, 12, 24, 13)
    assert "Thu, 24 Dec 2026, 14:00" in text_of(as_olive.get(ADDRESS))
    removed = as_olive.post(f"{edit}removal/", follow=True)
    assert "Removed. Your hours apply again." in text_of(removed)
    assert not TimeOff.objects.exists()


def test_refused_time_off_keeps_what_was_typed(as_olive: Client, calendar: Calendar) -> None:
    data = {
        "first": "2026-12-24",
        "last": "2026-12-20",
        "note": "Ski",
        "time_zone": "Europe/Berlin",
    }
    response = as_olive.post(f"{ADDRESS}new/", data)
    assert response.status_code == 422
    assert 'value="2026-12-20"' in text_of(response)
    assert 'value="Ski"' in text_of(response)
    assert not TimeOff.objects.exists()


def test_bookings_that_lie_in_it_are_pointed_out(as_olive: Client, calendar: Calendar) -> None:
    BookingFactory.create(calendar=calendar, starts_at=utc(2026, 12, 24, 9))
    BookingFactory.create(calendar=calendar, starts_at=utc(2026, 12, 28, 9))
    data = {"first": "2026-12-24", "time_zone": "Europe/Berlin"}
    page = text_of(as_olive.post(f"{ADDRESS}new/", data, follow=True))
    assert "1 booking lies in it and stays" in page


def test_past_time_off_and_that_of_others_is_not_listed(as_olive: Client, sam: Owner) -> None:
    olive = Owner.objects.get(email="olive@example.com")
    TimeOffFactory.create(host=olive, note="Past", starts_at=SUNDAY - 9 * HOUR, ends_at=SUNDAY)
    theirs = TimeOffFactory.create(host=sam, note="Theirs")
    page = text_of(as_olive.get(ADDRESS))
    assert "Past" not in page
    assert "Theirs" not in page
    assert as_olive.post(f"{ADDRESS}{theirs.pk}/").status_code == 404
    as_olive.post(f"{ADDRESS}{theirs.pk}/removal/")
    assert TimeOff.objects.filter(note="Theirs").exists()


# Two tabs


def shown(client: Client, time_off: TimeOff) -> Fields:
    return untouched(client.get(edit_address(time_off)), holding="first")


def edit_address(time_off: TimeOff) -> str:
    return f"{ADDRESS}{time_off.pk}/"


@pytest.fixture
def christmas(calendar: Calendar) -> TimeOff:
    return off(calendar.owner, utc(2026, 12, 23, 23), utc(2026, 12, 25, 23))


def test_two_tabs_change_the_time_and_the_note(as_olive: Client, christmas: TimeOff) -> None:
    old, address = shown(as_olive, christmas), edit_address(christmas)
    as_olive.post(address, {**old, "last": ["2026-12-27"]})
    as_olive.post(address, {**old, "note": ["Ski"]})
    as_olive.post(address, old)
    christmas.refresh_from_db()
    assert (christmas.ends_at, christmas.note) == (utc(2026, 12, 27, 23), "Ski")


def test_time_changed_in_both_tabs_is_told_and_then_saved(
    as_olive: Client, christmas: TimeOff
) -> None:
    old, address = shown(as_olive, christmas), edit_address(christmas)
    as_olive.post(address, {**old, "last": ["2026-12-27"]})
    refused = as_olive.post(address, {**old, "last": ["2026-12-26"]})
    assert refused.status_code == 422
    said = text_of(refused).replace("\N{NO-BREAK SPACE}", " ")
    assert "Changed elsewhere meanwhile: it is now “Thu, 24 Dec 2026 – Sun, 27 Dec 2026”." in said
    christmas.refresh_from_db()
    assert christmas.ends_at == utc(2026, 12, 27, 23)
    as_olive.post(address, untouched(refused, holding="first"))
    christmas.refresh_from_db()
    assert christmas.ends_at == utc(2026, 12, 26, 23)


def test_old_tab_reads_its_dates_in_the_zone_that_it_showed(
    as_olive: Client, christmas: TimeOff
) -> None:
    old, address = shown(as_olive, christmas), edit_address(christmas)
    Owner.objects.filter(pk=christmas.host_id).update(time_zone="Asia/Tokyo")
    Calendar.objects.update(time_zone="Asia/Tokyo")
    assert as_olive.post(address, {**old, "note": ["Ski"]}).status_code == 302
    before = (christmas.starts_at, christmas.ends_at)
    christmas.refresh_from_db()
    assert (christmas.starts_at, christmas.ends_at, christmas.note) == (*before, "Ski")
    assert as_olive.post(address, {**old, "last": ["2026-12-27"]}).status_code == 302
    christmas.refresh_from_db()
    assert christmas.ends_at == utc(2026, 12, 27, 23)


def test_time_off_removed_elsewhere_is_told_and_what_was_typed_kept(
    as_olive: Client, christmas: TimeOff
) -> None:
    old, address = shown(as_olive, christmas), edit_address(christmas)
    as_olive.post(f"{address}removal/")
    as_olive.post(f"{address}removal/")
    assert as_olive.get(address).status_code == 404
    refused = as_olive.post(address, {**old, "note": ["Ski"]})
    assert refused.status_code == 422
    assert "Removed elsewhere meanwhile. Save again to use yours instead." in text_of(refused)
    assert not TimeOff.objects.exists()
    again = untouched(refused, holding="first")
    assert as_olive.post(address, again).status_code == 302
    saved = TimeOff.objects.get()
    assert (saved.starts_at, saved.note) == (christmas.starts_at, "Ski")


def test_time_off_changed_elsewhere_is_not_removed_unseen(
    as_olive: Client, christmas: TimeOff
) -> None:
    listed = untouched(as_olive.get(ADDRESS), holding="told")
    TimeOff.objects.update(note="Ski")
    refused = as_olive.post(f"{edit_address(christmas)}removal/", listed, follow=True)
    assert "Not removed, because it was changed elsewhere meanwhile." in text_of(refused)
    assert TimeOff.objects.exists()
    listed = untouched(as_olive.get(ADDRESS), holding="told")
    as_olive.post(f"{edit_address(christmas)}removal/", listed)
    assert not TimeOff.objects.exists()
