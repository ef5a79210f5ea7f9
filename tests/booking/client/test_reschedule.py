"""Tests of clients who move bookings through the pages; for races, see test_change_races.py."""

from datetime import UTC, datetime, timedelta
from re import findall
from typing import Any

import pytest
import time_machine
from django.test import Client
from limits import parse_many

from booking.acts.book import SlotTaken
from booking.acts.limits import ChangeRefused
from booking.acts.reschedule import reschedule_booking
from booking.delivery.mail.compose import compose
from booking.models import Act, Booking, Change, Party
from calendars.models import Calendar, Occasion, Owner
from tests.booking.client.test_page import slots_on
from tests.booking.conftest import SUNDAY
from tests.support.booking.changing import (
    BOOKED,
    WANTED,
    cancel,
    event_of,
    page_of,
    reschedule,
    sequence_on,
    state_of,
)
from tests.support.booking.sending import ORIGIN
from tests.support.database.queries import (
    at_most_queries,
    counted_queries,
    reads_of_the_booking,
)
from tests.support.pages.parsing import shows, words_of
from tests.support.world.factories import BookingFactory, CalendarFactory, TimeOffFactory

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def booking(calendar: Calendar) -> Booking:
    """Return a booking on Tuesday at 10:00 in Berlin."""
    return BookingFactory.create(calendar=calendar, starts_at=BOOKED)


def instant(text: str) -> str:
    return f"{text}:00+00:00"


# Moving


def test_booking_is_moved_as_a_whole(client: Client, booking: Booking) -> None:
    Calendar.objects.update(buffer_before_minutes=5, buffer_after_minutes=10, duration_minutes=60)
    response = reschedule(client, booking, message="Sorry,\r\nthe train.")
    assert (response.status_code, response["Location"]) == (303, page_of(booking))
    moved = Booking.objects.get()
    minute = timedelta(minutes=1)
    assert (moved.starts_at, moved.ends_at) == (WANTED, WANTED + 30 * minute)
    assert (moved.blocked_from, moved.blocked_until) == (
        WANTED - 5 * minute,
        WANTED + 40 * minute,
    )
    assert (moved.uid, moved.manage_token, moved.sequence) == (
        booking.uid,
        booking.manage_token,
        1,
    )
    change = Change.objects.get()
    assert (change.act, change.by, change.at, change.sequence) == (
        Act.RESCHEDULED,
        Party.CLIENT,
        SUNDAY,
        1,
    )
    assert (change.moved_from, change.moved_to) == (BOOKED, WANTED)
    assert change.message == "Sorry,\nthe train."
    text = words_of(client.get(response["Location"]))
    assert shows(text, "<h1>Your booking was moved</h1>")
    assert "You moved it from Tuesday 24 November, 10:00 (Berlin time)." in text
    assert "Sorry,<br>the train." in text


def test_everyone_is_told_the_length_that_the_booking_keeps(
    client: Client, booking: Booking
) -> None:
    Calendar.objects.update(duration_minutes=60)
    response = reschedule(client, booking)
    assert "11:00–11:30" in words_of(client.get(response["Location"]))
    entry = event_of(client, booking)
    assert entry["dtend"].dt - entry["dtstart"].dt == timedelta(minutes=30)
    mail = booking.mails.get(occasion=Occasion.RESCHEDULED, recipient=Party.CLIENT)
    assert "Duration 30 minutes" in " ".join(str(compose(mail).body).split())


def test_old_time_is_free_again(client: Client, booking: Booking, calendar: Calendar) -> None:
    reschedule(client, booking)
    offered = slots_on(client.get("/book/discovery-call/?day=2026-11-24"))
    assert instant("2026-11-24T09:00") in offered
    taken = slots_on(client.get("/book/discovery-call/?day=2026-11-25"))
    assert instant("2026-11-25T10:00") not in taken


@pytest.mark.parametrize("sequence", [0, 2])
def test_move_needs_ten_queries(client: Client, calendar: Calendar, sequence: int) -> None:
    booking = BookingFactory.create(calendar=calendar, starts_at=BOOKED, sequence=sequence)
    with at_most_queries(10):
        assert reschedule(client, booking).status_code == 303


def test_same_form_twice_moves_once(client: Client, booking: Booking) -> None:
    answers = [reschedule(client, booking) for _ in range(3)]
    assert [(each.status_code, each["Location"]) for each in answers] == [
        (303, page_of(booking))
    ] * 3
    assert Booking.objects.get().sequence == 1
    assert Change.objects.count() == 1


def test_same_form_after_the_last_chance_still_leads_to_the_moved_booking(
    client: Client, booking: Booking, clock: time_machine.Traveller
) -> None:
    """A client whose answer was lost can send the form again, even if no move is allowed by now."""
    Calendar.objects.update(max_reschedules=1)
    reschedule(client, booking)
    Calendar.objects.update(client_may_reschedule=False, paused_at=SUNDAY)
    clock.shift(timedelta(days=9))
    assert reschedule(client, booking).status_code == 303


def test_second_tab_is_told_that_the_booking_was_moved(client: Client, booking: Booking) -> None:
    reschedule(client, booking)
    before = state_of(booking)
    with counted_queries() as statements:
        response = reschedule(client, booking, at="2026-11-26T10:00Z", message="Kept words")
    assert response.status_code == 409
    assert reads_of_the_booking(statements) == 2  # one by the view, one by the act under its lock
    text = words_of(response)
    assert "Your booking was changed in the meantime." in text
    assert "Kept words" in text
    assert 'Wednesday, 25 November 2026, <span class="nowrap">11:00–11:30</span>' in text
    assert state_of(booking) == before
    # With the sequence of the new page, the same form moves the booking.
    again = reschedule(client, booking, at="2026-11-26T10:00Z", sequence=sequence_on(response))
    assert again.status_code == 303


def test_slot_taken_meanwhile_leaves_the_booking_and_the_message(
    client: Client, booking: Booking, calendar: Calendar
) -> None:
    before = state_of(booking)
    BookingFactory.create(calendar=calendar, starts_at=WANTED)
    response = reschedule(client, booking, message="Kept words")
    assert response.status_code == 409
    text = words_of(response)
    assert "That time was just taken." in text
    assert "Kept words" in text
    assert "Confirm new time" not in text
    assert state_of(booking) == before
    fresh = findall(r'name="choose" value="([^"]+)"', text)
    assert fresh[0] == instant("2026-11-25T08:30")
    chosen = reschedule(client, booking, choose=fresh[0], message="Kept words")
    assert chosen.status_code == 200
    assert "Kept words" in words_of(chosen)
    assert state_of(booking) == before
    assert reschedule(client, booking, at=fresh[0]).status_code == 303


def test_time_off_blocks_a_move(client: Client, booking: Booking, olive: Owner) -> None:
    TimeOffFactory.create(host=olive, starts_at=WANTED, ends_at=WANTED + timedelta(hours=1))
    assert reschedule(client, booking).status_code == 409


@pytest.mark.parametrize(
    "at",
    [
        "2026-11-25T10:01Z",  # between two slots
        "2026-11-25T07:00Z",  # before the hours
        "2026-11-20T10:00Z",  # past
        "2027-02-25T10:00Z",  # beyond the window
    ],
)
def test_time_that_is_not_offered_is_refused(client: Client, booking: Booking, at: str) -> None:
    before = state_of(booking)
    assert reschedule(client, booking, at=at).status_code == 409
    assert state_of(booking) == before


@pytest.mark.parametrize("at", ["", "nonsense", "9999-12-31T00:00Z", "\x00"])
def test_made_up_time_is_refused(client: Client, booking: Booking, at: str) -> None:
    response = reschedule(client, booking, at=at)
    assert response.status_code == 422
    assert "Please choose a time." in words_of(response)


@pytest.mark.parametrize("sequence", ["", "-1", "x", "9" * 40])
def test_form_without_a_state_is_asked_once_more(
    client: Client, booking: Booking, sequence: str
) -> None:
    response = reschedule(client, booking, sequence=sequence, message="Kept words")
    assert response.status_code == (409 if sequence.startswith("9") else 422)
    assert "Kept words" in words_of(response)
    assert sequence_on(response) == "0"
    assert Booking.objects.get().starts_at == BOOKED


BAD_MESSAGES = [
    ("a\x00b", "Null characters are not allowed."),
    ("a \u202eb", "Remove invisible characters."),
    ("x" * 501, "at most 500 characters"),
]


@pytest.mark.parametrize(("message", "words"), BAD_MESSAGES)
def test_bad_message_is_refused_in_words(
    client: Client, booking: Booking, message: str, words: str
) -> None:
    response = reschedule(client, booking, message=message)
    assert response.status_code == 422
    assert words in words_of(response)
    assert message in words_of(response)
    assert Booking.objects.get().starts_at == BOOKED


def test_lines_count_as_the_browser_counts_them(client: Client, booking: Booking) -> None:
    reschedule(client, booking, message="x\r\n" * 249 + "xx")
    assert len(Change.objects.get().message) == 500


@pytest.mark.parametrize("name", ["reschedule/", "cancellation/"])
@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_form_of_another_site_is_refused(
    client: Client, booking: Booking, name: str, headers: dict[str, str]
) -> None:
    before = state_of(booking)
    data = {"at": f"{WANTED:%Y-%m-%dT%H:%MZ}", "sequence": "0"}
    assert client.post(page_of(booking, name), data, headers=headers).status_code == 403
    assert state_of(booking) == before
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(page_of(booking, name), data, headers=ORIGIN).status_code == 303


@pytest.mark.parametrize("name", ["reschedule/", "cancellation/"])
def test_unknown_booking_is_404(client: Client, booking: Booking, name: str) -> None:
    for method in (client.get, client.post):
        assert method(f"/manage/{'x' * 22}/{name}", headers=ORIGIN).status_code == 404


# Limits


CLOSED = {
    "paused": {"paused_at": SUNDAY},
    "forbidden": {"client_may_reschedule": False},
    "too late": {"change_notice_minutes": 10 * 24 * 60},
    "too often": {"max_reschedules": 1},
}


@pytest.mark.parametrize("facts", CLOSED.values(), ids=CLOSED)
def test_move_that_is_not_allowed_is_refused_with_the_reason(
    client: Client, calendar: Calendar, facts: dict[str, Any]
) -> None:
    booking = BookingFactory.create(calendar=calendar, starts_at=BOOKED)
    reschedule(client, booking, at="2026-11-24T12:00Z")
    booking.refresh_from_db()
    Calendar.objects.update(**facts)
    before = state_of(booking)
    opened = client.get(page_of(booking, "reschedule/"))
    assert (opened.status_code, opened["Location"]) == (302, page_of(booking))
    assert "To " in words_of(client.get(page_of(booking)))
    posted = reschedule(client, booking)
    assert posted.status_code == 409
    assert "Nothing was changed." in words_of(posted)
    assert "please ask Olive Owner." in words_of(posted)
    assert state_of(booking) == before


def test_booking_that_was_cancelled_cannot_be_moved(client: Client, booking: Booking) -> None:
    Booking.objects.update(cancelled_at=SUNDAY)
    assert client.get(page_of(booking, "reschedule/"))["Location"] == page_of(booking)
    response = reschedule(client, booking)
    assert response.status_code == 409
    assert "This booking was cancelled" in words_of(response)


# Moves by the owner, who may ignore most rules


def move_as_owner(booking: Booking, slot: datetime, **options: Any) -> Booking:
    return reschedule_booking(booking=booking, slot=slot, by=Party.OWNER, now=SUNDAY, **options)


def test_owner_may_ignore_the_rules_but_not_overlap(booking: Booking, olive: Owner) -> None:
    Calendar.objects.update(client_may_reschedule=False, paused_at=SUNDAY, daily_cap=1)
    saturday_night = datetime(2027, 6, 5, 21, 7, tzinfo=UTC)
    moved = move_as_owner(booking, saturday_night, message="Moved for you")
    assert (moved.starts_at, moved.sequence) == (saturday_night, 1)
    assert Change.objects.get().by == Party.OWNER
    other = CalendarFactory.create(owner=olive)
    BookingFactory.create(calendar=other, starts_at=WANTED)
    with pytest.raises(SlotTaken):
        move_as_owner(booking, WANTED + timedelta(minutes=29))


def test_owner_may_move_a_booking_that_has_begun_but_none_that_is_over(
    booking: Booking, clock: time_machine.Traveller
) -> None:
    def move(minutes: int) -> Booking:
        now = BOOKED + timedelta(minutes=minutes)
        return reschedule_booking(booking=booking, slot=WANTED, by=Party.OWNER, now=now)

    with pytest.raises(ChangeRefused):
        move(30)
    assert move(29).starts_at == WANTED


def test_client_is_told_that_the_owner_moved_it(client: Client, booking: Booking) -> None:
    move_as_owner(booking, WANTED, message="I am ill,\nsorry.")
    text = words_of(client.get(page_of(booking)))
    assert "Olive Owner moved it from Tuesday 24 November, 10:00 (Berlin time)." in text
    assert "<blockquote>I am ill,<br>sorry.</blockquote>" in text
    # Only the client's own moves count for the limit.
    assert "You can reschedule 3 more times." in text


# Throttles


def test_changes_are_throttled_and_lose_nothing(
    client: Client, booking: Booking, settings: Any
) -> None:
    settings.LIMITS = {
        "bookings_per_address": parse_many("9 per hour"),
        "bookings_per_link": parse_many("2 per hour"),
        "unknown_tokens_per_address": [],
    }
    for _ in range(2):
        assert reschedule(client, booking, sequence="").status_code == 422
    refused = reschedule(client, booking, message="Kept words")
    assert (refused.status_code, refused["Retry-After"]) == (429, "3600")
    assert "Too many tries." in words_of(refused)
    assert "Kept words" in words_of(refused)
    assert sequence_on(refused) == "0"
    assert cancel(client, booking).status_code == 429
    assert state_of(booking)[:1] == (BOOKED,)
    # Another booking has a count of its own.
    other = BookingFactory.create(calendar=booking.calendar, starts_at=WANTED)
    assert cancel(client, other).status_code == 303
