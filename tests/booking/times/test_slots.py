"""Tests with slots that were worked out by hand; for all other cases, see test_slots_oracle.py."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.times.slots import Busy, Offer, Rules
from calendars.schedule import Hours, Interval, Schedule

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EARLY = datetime(2026, 1, 1, tzinfo=UTC)


def offer(
    *hours: Hours, duration: timedelta = HOUR, busy: tuple[Interval, ...] = (), window: int = 365
) -> Offer:
    """Return an offer that is open at `hours`, Berlin time, on every day of the week."""
    schedule = Schedule(BERLIN, dict.fromkeys(range(7), hours))
    rules = Rules(duration, duration, booking_window_days=window)
    return Offer(rules, schedule, Busy(busy), EARLY)


def starts(offer: Offer, day: date) -> list[str]:
    """Return the starts, in UTC, of the slots whose date in Berlin is `day`."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    slots = offer.slots(noon - 2 * DAY, noon + 2 * DAY)
    return [f"{slot:%H:%M}" for slot in slots if slot.astimezone(BERLIN).date() == day]


def test_hour_that_occurs_twice_is_offered_twice() -> None:
    assert starts(offer(Hours(60, 240)), date(2026, 10, 25)) == ["23:00", "00:00", "01:00", "02:00"]


def test_hour_that_does_not_exist_is_not_offered() -> None:
    assert starts(offer(Hours(60, 240)), date(2026, 3, 29)) == ["00:00", "01:00"]


def test_range_inside_the_missing_hour_is_dropped() -> None:
    assert starts(offer(Hours(120, 180)), date(2026, 3, 29)) == []


def test_slot_runs_over_midnight_into_the_next_dates_first_range() -> None:
    two_hours = offer(Hours(0, 60), Hours(22 * 60, 24 * 60), duration=2 * HOUR)
    assert starts(two_hours, date(2026, 6, 10)) == ["20:00"]
    ninety = offer(Hours(0, 60), Hours(22 * 60, 24 * 60), duration=1.5 * HOUR)
    assert starts(ninety, date(2026, 6, 10)) == ["20:00", "21:30"]


def test_day_long_slot_of_an_always_open_calendar() -> None:
    always = offer(Hours(0, 24 * 60), duration=DAY)
    assert starts(always, date(2026, 6, 10)) == ["22:00"]
    # This date has 25 hours, so a second slot starts on it, 24 hours after the first.
    assert starts(always, date(2026, 10, 25)) == ["22:00", "22:00"]


def test_busy_time_removes_slots_and_moves_none() -> None:
    busy = Interval(
        datetime(2026, 6, 10, 7, 20, tzinfo=UTC), datetime(2026, 6, 10, 7, 40, tzinfo=UTC)
    )
    open_till_noon = offer(Hours(9 * 60, 12 * 60), busy=(busy,))
    assert starts(open_till_noon, date(2026, 6, 10)) == ["08:00", "09:00"]


@pytest.mark.parametrize(("window", "free"), [(9, []), (10, ["08:00"])])
def test_window_counts_the_calendars_dates(window: int, free: list[str]) -> None:
    one_a_day = offer(Hours(9 * 60, 10 * 60), window=window)
    assert starts(one_a_day, date(2026, 1, 11)) == free


def test_booked_up_calendar_is_gone_over_in_leaps(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Interval(EARLY, EARLY + 365 * DAY)
    steps: list[datetime] = []
    step_from = Offer._step_from

    def counted(self: Offer, interval: Interval, instant: datetime) -> datetime:
        steps.append(instant)
        return step_from(self, interval, instant)

    monkeypatch.setattr(Offer, "_step_from", counted)
    booked_up = offer(Hours(0, 24 * 60), duration=timedelta(minutes=5), busy=(full,), window=300)
    assert booked_up.search(EARLY, 1) == []
    # The search takes about two steps for each date, and not one for each of its 288 slots.
    assert 0 < len(steps) < 3 * 365
