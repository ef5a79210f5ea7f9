"""Tests of what clients may do with their bookings, and of how the page tells them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from booking.acts.limits import (
    Allowance,
    Refusal,
    find_allowance,
    refuse_cancellation,
    refuse_reschedule,
)
from booking.client.manage_page import tell_allowance
from booking.client.picker import Viewer
from booking.models import Act, Booking, Party
from calendars.models import Calendar, Owner
from tests.support.database.queries import at_most_queries
from tests.support.world.factories import BookingFactory, CalendarFactory, ChangeFactory

START = datetime(2026, 11, 24, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY_IN_MINUTES = 24 * 60


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    return CalendarFactory.create(owner=olive, max_reschedules=None)


@pytest.fixture
def booking(calendar: Calendar) -> Booking:
    return BookingFactory.create(calendar=calendar, starts_at=START)


def refusals(booking: Booking, now: datetime, by: Party = Party.CLIENT) -> tuple[Any, Any]:
    """Return the refusals of moving and of cancelling."""
    return (
        refuse_reschedule(booking, by=by, now=now),
        refuse_cancellation(booking, by=by, now=now),
    )


@pytest.mark.parametrize(
    ("by", "after_start", "refusal"),
    [
        (Party.CLIENT, -SECOND, None),
        (Party.CLIENT, timedelta(), Refusal.PAST),
        (Party.OWNER, timedelta(minutes=30) - SECOND, None),
        (Party.OWNER, timedelta(minutes=30), Refusal.PAST),
    ],
)
def test_booking_is_over_for_its_client_sooner_than_for_its_owner(
    booking: Booking, by: Party, after_start: timedelta, refusal: Refusal | None
) -> None:
    assert refusals(booking, START + after_start, by) == (refusal, refusal)


@pytest.mark.parametrize(("late", "refusal"), [(0 * SECOND, None), (SECOND, Refusal.TOO_LATE)])
def test_notice_counts_with_equality_and_only_for_clients(
    booking: Booking, late: timedelta, refusal: Refusal | None
) -> None:
    booking.calendar.change_notice_minutes = DAY_IN_MINUTES
    now = START - timedelta(days=1) + late
    assert refusals(booking, now) == (refusal, refusal)
    assert refusals(booking, now, Party.OWNER) == (None, None)


@pytest.mark.parametrize("may_move", [True, False])
@pytest.mark.parametrize("may_cancel", [True, False])
def test_moving_and_cancelling_are_allowed_by_themselves(
    booking: Booking, may_move: bool, may_cancel: bool
) -> None:
    booking.calendar.client_may_reschedule = may_move
    booking.calendar.client_may_cancel = may_cancel
    assert refusals(booking, START - HOUR) == (
        None if may_move else Refusal.FORBIDDEN,
        None if may_cancel else Refusal.FORBIDDEN,
    )


def test_only_the_clients_own_moves_are_counted(booking: Booking) -> None:
    booking.calendar.max_reschedules = 2
    for sequence, by in enumerate([Party.CLIENT, Party.OWNER, Party.OWNER], start=1):
        ChangeFactory.create(
            booking=booking,
            act=Act.RESCHEDULED,
            by=by,
            sequence=sequence,
            moved_from=START,
            moved_to=START,
        )
    booking.sequence = 3
    assert refusals(booking, START - HOUR) == (None, None)
    assert find_allowance(booking, now=START - HOUR).moves == 1
    booking.calendar.max_reschedules = 1
    assert refusals(booking, START - HOUR) == (Refusal.TOO_OFTEN, None)


def test_booking_that_was_moved_seldom_needs_no_query(booking: Booking) -> None:
    booking.calendar.max_reschedules = 3
    booking.sequence = 2
    with at_most_queries(0):
        assert refusals(booking, START - HOUR) == (None, None)


@pytest.mark.parametrize("fact", ["paused_at", "deleted_at", "is_active"])
def test_closed_calendar_lets_nobody_move_but_everybody_cancel(booking: Booking, fact: str) -> None:
    if fact == "is_active":
        booking.calendar.owner.is_active = False
    else:
        setattr(booking.calendar, fact, START - HOUR)
    assert refusals(booking, START - HOUR) == (Refusal.CLOSED, None)


def test_cancelled_booking_is_that_for_all(booking: Booking) -> None:
    booking.cancelled_at = START - HOUR
    for by in Party:
        assert refusals(booking, START - HOUR, by) == (Refusal.CANCELLED, Refusal.CANCELLED)


# How the page tells clients what they may do

VIEWER = Viewer(now=START - HOUR, zone=ZoneInfo("Asia/Tokyo"), clock="24", kept={})
UNTIL = "Tuesday 24 November, 18:00 (Tokyo time)"


@pytest.mark.parametrize(
    ("move", "cancel", "most", "words"),
    [
        (None, None, None, f"You can reschedule or cancel until {UNTIL}."),
        (
            None,
            None,
            3,
            f"You can reschedule or cancel until {UNTIL}. You can reschedule 2 more times.",
        ),
        (
            None,
            Refusal.FORBIDDEN,
            2,
            f"You can reschedule until {UNTIL}. You can reschedule one more time. "
            "It cannot be cancelled online. To cancel, please ask Olive Owner.",
        ),
        (
            Refusal.FORBIDDEN,
            None,
            3,
            f"You can cancel until {UNTIL}. It cannot be rescheduled online. "
            "To reschedule, please ask Olive Owner.",
        ),
        (
            Refusal.TOO_OFTEN,
            None,
            1,
            f"You can cancel until {UNTIL}. It can be rescheduled once, and you have done that. "
            "To reschedule, please ask Olive Owner.",
        ),
        (
            Refusal.CLOSED,
            None,
            3,
            f"You can cancel until {UNTIL}. "
            "It cannot be rescheduled now: no bookings are taken at the moment. "
            "To reschedule, please ask Olive Owner.",
        ),
        (
            Refusal.TOO_OFTEN,
            Refusal.FORBIDDEN,
            4,
            "It can be rescheduled 4 times, and you have done that. "
            "It cannot be cancelled online. To change it, please ask Olive Owner.",
        ),
        (
            Refusal.FORBIDDEN,
            Refusal.FORBIDDEN,
            3,
            "It cannot be changed online. To change it, please ask Olive Owner.",
        ),
        (
            Refusal.TOO_LATE,
            Refusal.TOO_LATE,
            3,
            f"It could be rescheduled or cancelled until {UNTIL}. "
            "To change it, please ask Olive Owner.",
        ),
        (
            Refusal.TOO_LATE,
            Refusal.FORBIDDEN,
            3,
            f"It could be rescheduled until {UNTIL}. It cannot be cancelled online. "
            "To change it, please ask Olive Owner.",
        ),
        (
            Refusal.FORBIDDEN,
            Refusal.TOO_LATE,
            3,
            f"It cannot be rescheduled online. It could be cancelled until {UNTIL}. "
            "To change it, please ask Olive Owner.",
        ),
        (
            Refusal.PAST,
            Refusal.PAST,
            3,
            "It has begun, and cannot be changed any more.",
        ),
        (Refusal.CANCELLED, Refusal.CANCELLED, 3, ""),
    ],
)
def test_limits_are_told_before_they_are_met(
    move: Refusal | None, cancel: Refusal | None, most: int | None, words: str
) -> None:
    allowance = Allowance(reschedule=move, cancel=cancel, until=START, moves=1, most_moves=most)
    sentences = tell_allowance(allowance, viewer=VIEWER, owner="Olive Owner")
    assert " ".join(sentences) == words
