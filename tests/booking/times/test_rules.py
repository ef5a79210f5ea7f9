"""Tests of the rules by which a booking is made or moved; they need no database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from booking.models import Booking
from booking.times.rules import rules_for
from booking.times.slots import Rules
from calendars.models import Calendar

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MADE_LONGER = Booking(starts_at=NOON, ends_at=NOON + 50 * MINUTE)


def calendar(**fields: Any) -> Calendar:
    return Calendar(
        duration_minutes=30,
        buffer_before_minutes=5,
        buffer_after_minutes=10,
        minimum_notice_minutes=120,
        booking_window_days=14,
        daily_cap=3,
        location="Room 5",
        **fields,
    )


def test_new_booking_has_the_rules_of_the_calendar() -> None:
    assert rules_for(calendar()) == Rules(
        duration=30 * MINUTE,
        slot_interval=30 * MINUTE,
        buffer_before=5 * MINUTE,
        buffer_after=10 * MINUTE,
        minimum_notice=120 * MINUTE,
        booking_window_days=14,
        daily_cap=3,
        location="Room 5",
    )


@pytest.mark.parametrize(("interval", "step"), [(None, 30 * MINUTE), (15, 15 * MINUTE)])
def test_booking_keeps_its_length_and_nothing_else(interval: int | None, step: timedelta) -> None:
    todays = calendar(slot_interval_minutes=interval)
    rules = rules_for(todays, booking=MADE_LONGER)
    assert (rules.duration, rules.minutes, rules.slot_interval) == (50 * MINUTE, 50, step)
    others = [field for field in Rules.__dataclass_fields__ if field != "duration"]
    assert [getattr(rules, name) for name in others] == [
        getattr(rules_for(todays), name) for name in others
    ]


def test_moved_booking_blocks_its_own_length_and_todays_buffers() -> None:
    blocked = rules_for(calendar(), booking=MADE_LONGER).blocked_interval(NOON)
    assert (blocked.start, blocked.end) == (NOON - 5 * MINUTE, NOON + 60 * MINUTE)
