"""Tests of the times that an owner chooses from, and of moving a booking to one of them."""

from datetime import UTC, datetime, timedelta
from re import search
from typing import Any

import pytest
import time_machine
from django.test import Client

from booking.acts.reschedule import reschedule_booking
from booking.models import Booking, Change, Mail, Party
from calendars.models import Calendar, Occasion, Owner
from tests.booking.conftest import SUNDAY
from tests.support.booking.sending import SLOT
from tests.support.database.queries import counted_queries, reads_of_the_booking
from tests.support.pages.parsing import text_of
from tests.support.world.factories import BookingFactory, CalendarFactory, TimeOffFactory

pytestmark = pytest.mark.usefixtures("clock")
NEW = "/bookings/new/"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def booking(calendar: Calendar) -> Booking:
    """Return a booking on Tuesday at 10:00 in Berlin."""
    return BookingFactory.create(calendar=calendar, starts_at=SLOT)


def words_of(response: Any) -> str:
    return " ".join(text_of(response).split())


def free_times(response: Any) -> list[str]:
    return [time.label for time in response.context["choice"].free.times]


def move(client: Client, booking: Booking, date: str, time: str, **fields: Any) -> Any:
    """Send the form of Reschedule with a typed time instead of one of the free ones."""
    data = {"date": date, "slot": "other", "time": time, "sequence": booking.sequence, **fields}
    return client.post(f"/bookings/{booking.pk}/reschedule/", data, follow="look" not in fields)


def token_on(response: Any) -> str:
    found = search(r'name="token" value="(\w+)"', text_of(response))
    assert found
    return found[1]


def enter(client: Client, calendar: Calendar, date: str, time: str, **fields: Any) -> Any:
    data = {
        "calendar": calendar.pk,
        "date": date,
        "slot": "other",
        "time": time,
        "name": "Cleo Client",
        "time_zone": "Europe/Berlin",
        **fields,
    }
    if "token" not in data:
        data["token"] = token_on(client.get(NEW))
    return client.post(NEW, data, follow="look" not in fields)


# Free times


def test_free_times_are_those_of_the_calendar_on_the_date(
    signed_in: Client, booking: Booking, calendar: Calendar
) -> None:
    BookingFactory.create(calendar=calendar, starts_at=SLOT + 2 * HOUR)
    address = f"/bookings/{booking.pk}/reschedule/"
    times = free_times(signed_in.get(address))
    assert (times[0], times[-1], len(times)) == ("09:00", "16:30", 14)
    # The booking's own time is not offered, and that of the other booking is taken.
    assert not {"10:00", "12:00"} & {*times}
    assert len(free_times(signed_in.get(f"{address}?day=2026-11-25"))) == 16


def test_date_without_free_times_offers_the_next_one_that_has_some(
    signed_in: Client, calendar: Calendar
) -> None:
    response = enter(signed_in, calendar, "2026-11-28", "", look="")
    assert response.status_code == 200
    assert "Nothing is free on Saturday 28 November" in text_of(response)
    assert 'name="look" value="2026-11-30"' in text_of(response)
    response = enter(signed_in, calendar, "2026-11-28", "", look="2026-11-30")
    assert "Free on Monday 30 November" in text_of(response)
    assert len(free_times(response)) == 16


def test_free_times_of_a_repeated_hour_are_told_apart(signed_in: Client, olive: Owner) -> None:
    night = [(6, 120, 240)]  # Sunday, 2 to 4
    calendar = CalendarFactory.create(owner=olive, hours=night, booking_window_days=365)
    response = enter(signed_in, calendar, "2027-10-31", "", look="")
    assert free_times(response) == [
        "02:00 CEST",
        "02:30 CEST",
        "02:00 CET",
        "02:30 CET",
        "03:00",
        "03:30",
    ]


# Reschedule


def test_reschedule_to_a_free_time_tells_the_client(signed_in: Client, booking: Booking) -> None:
    slot = SLOT + DAY + HOUR
    response = move(
        signed_in, booking, "2026-11-25", "", slot=slot.isoformat(), message="Dentist, sorry."
    )
    assert response.redirect_chain == [(f"/bookings/{booking.pk}/", 302)]
    assert (
        "Rescheduled to Wed, 25 Nov 2026, 11:00–11:30. cleo@example.com gets an email."
        in words_of(response)
    )
    moved = Booking.objects.get()
    assert (moved.starts_at, moved.ends_at, moved.sequence) == (slot, slot + HOUR / 2, 1)
    change = Change.objects.get()
    assert (change.by, change.moved_from, change.moved_to) == (Party.OWNER, SLOT, slot)
    assert change.message == "Dentist, sorry."
    assert Mail.objects.filter(recipient=Party.CLIENT, occasion=Occasion.RESCHEDULED).exists()


def test_moved_booking_keeps_its_length(signed_in: Client, booking: Booking) -> None:
    Calendar.objects.update(duration_minutes=60)
    offered = free_times(signed_in.get(f"/bookings/{booking.pk}/reschedule/?day=2026-11-25"))
    assert (offered[0], offered[-1], len(offered)) == ("09:00", "16:00", 8)
    # The last half hour of the working hours is enough, as the booking keeps its length.
    BookingFactory.create(calendar=booking.calendar, starts_at=SLOT + DAY + 7 * HOUR)
    response = move(signed_in, booking, "2026-11-25", "16:30")
    assert "Rescheduled to Wed, 25 Nov 2026, 16:30–17:00." in words_of(response)
    assert "Outside your hours." not in words_of(response)
    moved = Booking.objects.get(pk=booking.pk)
    assert moved.ends_at - moved.starts_at == HOUR / 2


def test_time_is_over_when_the_booking_would_be(signed_in: Client, booking: Booking) -> None:
    """At 13:00 in Berlin, a booking of 30 minutes may be moved to 12:45, but not to 12:30."""
    Calendar.objects.update(duration_minutes=5)
    assert move(signed_in, booking, "2026-11-22", "12:30").status_code == 422
    response = move(signed_in, booking, "2026-11-22", "12:45")
    assert "It has begun already." in words_of(response)


def test_reschedule_may_ignore_the_rules_for_clients_and_says_so(
    signed_in: Client, booking: Booking, calendar: Calendar
) -> None:
    Calendar.objects.update(
        minimum_notice_minutes=600, booking_window_days=0, daily_cap=1, paused_at=SUNDAY
    )
    BookingFactory.create(calendar=calendar, starts_at=SUNDAY + 10 * HOUR)
    response = move(signed_in, booking, "2026-11-22", "19:10")
    assert response.status_code == 200
    assert Booking.objects.get(pk=booking.pk).starts_at == SUNDAY + timedelta(hours=6, minutes=10)
    for said in (
        "Sooner than your minimum notice.",
        "Outside your hours.",
        "This calendar is paused for clients.",
        "More than your 1 booking a day.",
    ):
        assert said in words_of(response)
    response = move(signed_in, Booking.objects.get(pk=booking.pk), "2026-11-26", "10:05")
    assert "Further ahead than clients may book." in words_of(response)
    # The time is within the hours, although clients are offered no slot at that minute.
    assert "Outside your hours." not in words_of(response)


def test_overlap_is_refused_and_named_and_what_was_typed_stays(
    signed_in: Client, booking: Booking, olive: Owner
) -> None:
    other = CalendarFactory.create(owner=olive, name="Onboarding")
    BookingFactory.create(
        calendar=other,
        client_name="Jo Berg",
        starts_at=SLOT + HOUR,
        blocked_until=SLOT + 2 * HOUR,
    )
    TimeOffFactory.create(
        host=olive, note="Dentist", starts_at=SLOT + 2 * HOUR, ends_at=SLOT + 3 * HOUR
    )
    response = move(signed_in, booking, "2026-11-24", "11:45", message="Sorry!")
    assert response.status_code == 409
    text = words_of(response)
    assert (
        "That time would overlap Jo Berg’s booking, Tue, 24 Nov 2026, 11:00–11:30, with its buffers"
        " (Onboarding); your time off “Dentist”, Tue, 24 Nov 2026, 12:00–13:00." in text
    )
    for kept in ('value="2026-11-24"', 'value="11:45"', "Sorry!</textarea>"):
        assert kept in text
    assert Booking.objects.get(pk=booking.pk).starts_at == SLOT
    assert not Change.objects.exists()


def test_looking_says_what_is_in_the_way_and_changes_nothing(
    signed_in: Client, booking: Booking, calendar: Calendar
) -> None:
    BookingFactory.create(calendar=calendar, client_name="Jo Berg", starts_at=SLOT + HOUR)
    response = move(signed_in, booking, "2026-11-24", "11:15", message="Half ty", look="")
    assert response.status_code == 200
    assert "That would overlap Jo Berg’s booking" in words_of(response)
    assert "Half ty</textarea>" in words_of(response)
    assert "Please correct this" not in words_of(response)
    response = move(signed_in, booking, "2026-11-22", "19:00", look="")
    assert "Outside your hours. Clients could not choose this time; you can." in words_of(response)
    assert Booking.objects.get(pk=booking.pk).starts_at == SLOT


def test_booking_does_not_stand_in_its_own_way(signed_in: Client, booking: Booking) -> None:
    response = move(signed_in, booking, "2026-11-24", "10:15")
    assert "Rescheduled to Tue, 24 Nov 2026, 10:15–10:45." in words_of(response)


def test_no_show_who_gets_another_time_is_none_any_more(
    signed_in: Client, booking: Booking, clock: time_machine.Traveller
) -> None:
    clock.move_to(SLOT + HOUR / 4)
    signed_in.post(f"/bookings/{booking.pk}/no-show/")
    response = move(signed_in, booking, "2026-11-24", "15:00")
    assert not Booking.objects.get().is_no_show
    assert "Marked as no-show" in words_of(response)


def test_time_that_the_clocks_skip_becomes_that_of_the_change(
    signed_in: Client, booking: Booking
) -> None:
    response = move(signed_in, booking, "2027-03-28", "02:30")
    assert Booking.objects.get().starts_at == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)
    assert "02:30 does not exist that day: the clocks go forward to 03:00." in words_of(response)


def test_time_that_comes_twice_is_the_first(signed_in: Client, booking: Booking) -> None:
    response = move(signed_in, booking, "2027-10-31", "02:30")
    assert Booking.objects.get().starts_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert "02:30 comes twice that day; this is the first (CEST)." in words_of(response)


def test_double_click_moves_once(signed_in: Client, booking: Booking) -> None:
    for _twice in range(2):
        response = move(signed_in, booking, "2026-11-25", "11:00")
        assert "Rescheduled to Wed, 25 Nov 2026, 11:00–11:30." in words_of(response)
    assert Change.objects.count() == 1
    assert Booking.objects.get().sequence == 1


def test_page_older_than_a_clients_move_overwrites_nothing(
    signed_in: Client, booking: Booking
) -> None:
    reschedule_booking(booking=booking, slot=SLOT + DAY, by=Party.CLIENT, now=SUNDAY)
    with counted_queries() as statements:
        response = move(signed_in, booking, "2026-11-26", "11:00", message="Typed")
    assert response.status_code == 409
    assert reads_of_the_booking(statements) == 2  # one by the view, one by the act under its lock
    text = words_of(response)
    assert "It was moved in the meantime, to Wed, 25 Nov 2026, 10:00–10:30." in text
    assert "Typed</textarea>" in text
    assert Booking.objects.get().starts_at == SLOT + DAY
    # The form has the newer sequence now, so it moves the booking if it is sent again.
    assert '<input type="hidden" name="sequence" value="1">' in text
    booking.refresh_from_db()
    move(signed_in, booking, "2026-11-26", "11:00")
    assert Booking.objects.get().starts_at == SLOT + 2 * DAY + HOUR


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"date": ""}, "Fill this in."),
        ({"date": "tomorrow"}, "Enter a valid date."),
        ({"date": "9999-12-31"}, "Type a year from 2000 to 2199."),
        ({"time": ""}, "Choose a free time, or type another one."),
        ({"time": "25:00"}, "Enter a valid time."),
        ({"time": "10:00"}, "It is at this time already."),
        ({"date": "2026-11-22", "time": "12:30"}, "This time is over already."),
        ({"slot": "2026-11-25T10:00Z"}, "These are the free times of the new date: choose one."),
        ({"slot": "soon"}, "This is not a time that can be booked."),
        ({"message": "x" * 501}, "at most 500 characters"),
    ],
)
def test_wrong_input_is_refused_at_its_field(
    signed_in: Client, booking: Booking, fields: dict[str, str], said: str
) -> None:
    response = move(signed_in, booking, **{"date": "2026-11-24", "time": "15:00", **fields})
    assert response.status_code == 422
    assert said in words_of(response)
    assert Booking.objects.get().starts_at == SLOT
