"""Tests of how many function calls it takes to find slots; every run needs the same number."""

import sys
from types import FrameType

from tests.benchmark.parts.slot_rows import find_slots


def calls(**fields: int) -> int:
    """Return how many calls of Python and C functions it takes to find the slots."""
    counted = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    find_slots(**fields)  # fills the cache of each date's ranges
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        find_slots(**fields)
    finally:
        sys.setprofile(before)
    return counted


def test_slots_of_sixty_days_cost_few_calls() -> None:
    assert calls(days=60, busy=200) <= 5_000


def test_cost_grows_with_the_days_and_no_faster() -> None:
    assert calls(days=240, busy=200) <= 4.5 * calls(days=60, busy=200)


def test_busy_time_costs_a_few_calls_each() -> None:
    assert calls(days=60, busy=2000) <= calls(days=60, busy=1) + 9 * 2000
