"""Tests of the page where an owner enters a booking by hand."""

from datetime import UTC, datetime, timedelta
from re import search
from typing import Any

import pytest
import time_machine
from django.test import Client

from booking.acts.cancel import cancel_booking
from booking.models import Booking, Mail, Party
from calendars.models import Calendar, Occasion, Owner
from tests.booking.conftest import SUNDAY
from tests.support.booking.sending import SLOT
from tests.support.pages.parsing import text_of
from tests.support.world.factories import BookingFactory, CalendarFactory

pytestmark = pytest.mark.usefixtures("clock")
NEW = "/bookings/new/"
DAY = timedelta(days=1)


@pytest.fixture
def booking(calendar: Calendar) -> Booking:
    """Return a booking on Tuesday at 10:00 in Berlin."""
    return BookingFactory.create(calendar=calendar, starts_at=SLOT)


def words_of(response: Any) -> str:
    return " ".join(text_of(response).split())


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


def test_entered_booking_needs_a_time_and_a_name_only(
    signed_in: Client, calendar: Calendar
) -> None:
    Calendar.objects.update(
        questions=[
            {"label": "Topic?", "kind": "text", "required": True},
            {"label": "May we record?", "kind": "checkbox", "required": True},
        ]
    )
    response = enter(signed_in, calendar, "2026-11-24", "10:00")
    booking = Booking.objects.get()
    assert response.redirect_chain == [(f"/bookings/{booking.pk}/", 302)]
    assert "Cleo Client is booked for Tue, 24 Nov 2026, 10:00–10:30." in words_of(response)
    assert (booking.starts_at, booking.made_by_owner, booking.client_email) == (SLOT, True, "")
    assert not Mail.objects.filter(recipient=Party.CLIENT).exists()
    assert "Entered by you" in words_of(response)


def test_entered_booking_keeps_all_that_was_filled_in(
    signed_in: Client, calendar: Calendar
) -> None:
    Calendar.objects.update(questions=[{"label": "Topic?", "kind": "text", "required": True}])
    name = signed_in.get(NEW).context["form"].asked[0].name
    response = enter(
        signed_in,
        calendar,
        "2026-11-24",
        "",
        slot=SLOT.isoformat(),
        email="cleo@example.com",
        time_zone="Asia/Tokyo",
        **{name: "Shop"},
    )
    booking = Booking.objects.get()
    assert (booking.client_email, booking.client_time_zone) == ("cleo@example.com", "Asia/Tokyo")
    assert booking.answers == [{"question": "Topic?", "answer": "Shop"}]
    assert "cleo@example.com gets an email." in words_of(response)
    assert Mail.objects.filter(recipient=Party.CLIENT, occasion=Occasion.BOOKED).exists()


def test_entered_booking_may_ignore_the_rules_and_never_overlaps(
    signed_in: Client, calendar: Calendar
) -> None:
    """The pause, the window, the notice and the daily cap do not hold for owners."""
    Calendar.objects.update(
        paused_at=SUNDAY,
        booking_window_days=1,
        minimum_notice_minutes=60 * 24 * 60,
        daily_cap=1,
    )
    BookingFactory.create(calendar=calendar, starts_at=datetime.fromisoformat("2026-12-24T12:00Z"))
    assert enter(signed_in, calendar, "2026-12-24", "23:30").status_code == 200
    response = enter(signed_in, calendar, "2026-12-24", "23:45", name="Jo Berg")
    assert response.status_code == 409
    assert "That time would overlap Cleo Client’s booking" in words_of(response)
    assert 'value="Jo Berg"' in words_of(response)
    assert Booking.objects.count() == 2


def test_double_click_enters_one_booking(signed_in: Client, calendar: Calendar) -> None:
    token = token_on(signed_in.get(NEW))
    for _twice in range(2):
        response = enter(signed_in, calendar, "2026-11-24", "10:00", token=token)
        assert "Cleo Client is booked for" in words_of(response)
    assert Booking.objects.count() == 1


def test_entry_sent_again_says_that_it_was_cancelled_since(
    signed_in: Client, calendar: Calendar
) -> None:
    token = token_on(signed_in.get(NEW))
    entry = {"token": token, "email": "cleo@example.com"}
    enter(signed_in, calendar, "2026-11-24", "10:00", **entry)
    cancel_booking(booking=Booking.objects.get(), by=Party.OWNER, now=SUNDAY)
    text = words_of(enter(signed_in, calendar, "2026-11-24", "10:00", **entry))
    assert "This booking was entered before, and has been cancelled since." in text
    assert "is booked for" not in text
    assert "gets an email" not in text
    assert not Booking.objects.get().is_live


def test_second_booking_from_the_same_page_is_another(
    signed_in: Client, calendar: Calendar
) -> None:
    """The second form has the token of the first, as after the browser's Back button."""
    token = token_on(signed_in.get(NEW))
    for time in ("10:00", "11:00"):
        enter(signed_in, calendar, "2026-11-24", time, token=token, name=f"At {time}")
    assert [booking.client_name for booking in Booking.objects.all()] == ["At 10:00", "At 11:00"]


def test_tokens_of_two_owners_never_meet(signed_in: Client, calendar: Calendar, sam: Owner) -> None:
    token = token_on(signed_in.get(NEW))
    enter(signed_in, calendar, "2026-11-24", "10:00", token=token)
    theirs = CalendarFactory.create(owner=sam)
    stranger = Client()
    stranger.force_login(sam)
    enter(stranger, theirs, "2026-11-24", "10:00", token=token, name="Sam's client")
    assert Booking.objects.get(host=sam).client_name == "Sam's client"


def test_calendar_is_chosen_and_its_questions_follow(
    signed_in: Client, calendar: Calendar, olive: Owner, sam: Owner
) -> None:
    other = CalendarFactory.create(
        owner=olive,
        name="Onboarding",
        time_zone="Asia/Tokyo",
        questions=[{"label": "Which team?", "kind": "text", "required": False}],
    )
    theirs = CalendarFactory.create(owner=sam, name="Sam's own")
    page = words_of(signed_in.get(NEW))
    assert "Onboarding</option>" in page
    assert "Sam's own" not in page
    assert "Which team?" not in page
    response = enter(signed_in, other, "2026-11-24", "", name="Half ty", look="")
    assert "Which team?" in words_of(response)
    assert "Asia/Tokyo" in words_of(response)
    assert 'value="Half ty"' in words_of(response)
    assert "Which team?" in words_of(signed_in.get(f"{NEW}?calendar={other.pk}"))
    enter(signed_in, other, "2026-11-24", "10:00")
    assert Booking.objects.get().starts_at == datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    response = enter(signed_in, theirs, "2026-11-25", "10:00")
    assert response.status_code == 422
    assert "This calendar was deleted. Choose another one." in words_of(response)
    assert Booking.objects.count() == 1


def test_book_again_takes_over_who_it_is(
    signed_in: Client, booking: Booking, clock: time_machine.Traveller
) -> None:
    Booking.objects.update(client_time_zone="Asia/Tokyo")
    clock.move_to(SLOT + DAY)
    assert f'href="{NEW}?again={booking.pk}"' in text_of(signed_in.get(f"/bookings/{booking.pk}/"))
    text = words_of(signed_in.get(f"{NEW}?again={booking.pk}"))
    for kept in (
        'value="Cleo Client"',
        'value="cleo@example.com"',
        '<option value="Asia/Tokyo" selected>',
    ):
        assert kept in text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": " "}, "Fill this in."),
        ({"email": "cleo@"}, "Enter a valid email address."),
        ({"email": "cl\u0131o@example.com"}, "No email can be sent to this address."),
        ({"time_zone": "Mars/Base"}, "There is no time zone “Mars/Base”."),
        ({"date": "2026-11-22", "time": "12:29"}, "This time is over already."),
        ({"token": ""}, "Fill this in."),
    ],
)
def test_wrong_entry_is_refused(
    signed_in: Client, calendar: Calendar, fields: dict[str, str], said: str
) -> None:
    data = {"date": "2026-11-24", "time": "10:00", **fields}
    response = enter(signed_in, calendar, **data)
    assert response.status_code == 422
    assert said in words_of(response)
    assert not Booking.objects.exists()


@pytest.mark.parametrize("query", ["?day=9999-99-99", "?calendar=x&again=-1", "?day=1900-01-01"])
def test_nonsense_in_the_address_is_as_nothing(
    signed_in: Client, calendar: Calendar, query: str
) -> None:
    response = signed_in.get(NEW + query)
    assert response.status_code == 200
    assert "Free on Monday 23 November" in text_of(response)


def test_owner_without_a_calendar_is_led_to_make_one(signed_in: Client) -> None:
    assert "First a calendar" in text_of(signed_in.get(NEW))
