"""The slots of 60 days as pure code, without a database."""

import timeit
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from time import process_time
from zoneinfo import ZoneInfo

from booking.times.slots import Busy, Offer, Rules
from calendars.schedule import Hours, Interval, Schedule
from tests.benchmark.lab import Lab
from tests.benchmark.report import Bound, ReportRow, judged

TIME = Bound(1.0, 0.5, " ms")
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
NUMBER = 20


def make_offer(*, days: int = 60, ranges: int = 1, busy: int = 200) -> Offer:
    """Return working days in Berlin with hours cut into `ranges`, across a change of the clocks.

    The busy intervals are spread over all of them.
    """
    length = 8 * 60 // ranges
    hours = [Hours(9 * 60 + n * length, 9 * 60 + (n + 1) * length - 5) for n in range(ranges)]
    step = timedelta(days=days) / busy
    starts = [NOW + n * step for n in range(busy)]
    return Offer(
        rules=Rules(HALF_HOUR, HALF_HOUR, booking_window_days=days),
        schedule=Schedule(ZoneInfo("Europe/Berlin"), dict.fromkeys(range(5), hours), {}),
        busy=Busy([Interval(start, start + HALF_HOUR) for start in starts]),
        now=NOW,
    )


def find_slots(days: int = 60, **fields: int) -> list[datetime]:
    """Compute the slots as a page does, including the union of the busy intervals."""
    return make_offer(days=days, **fields).slots(NOW, NOW + timedelta(days=days))


def milliseconds(**fields: int) -> float:
    """Return the milliseconds of processor time."""
    times = timeit.repeat(
        lambda: find_slots(**fields), timer=process_time, number=NUMBER, repeat=15
    )
    return 1000 * median(times) / NUMBER


def measure(lab: Lab) -> Iterator[ReportRow]:
    slots = len(find_slots())
    yield judged("slots of 60 days, 200 busy", milliseconds(), TIME, f"{slots} slots")
