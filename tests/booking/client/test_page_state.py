"""Tests of what the address of a booking page says; they need no database."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from booking.client.page_state import PageState, read_page_state


def read(query: str) -> PageState:
    return read_page_state(QueryDict(query))


def test_empty_address_says_nothing() -> None:
    assert read("") == PageState()


def test_full_address_says_it_all() -> None:
    query = (
        "tz=new%20york&month=2026-12&day=2026-11-24&at=2026-11-24T09:00Z"
        "&clock=12&lang=de-AT&change=zone&chosen=on"
    )
    assert read(query) == PageState(
        zone=ZoneInfo("America/New_York"),
        month=date(2026, 12, 1),
        day=date(2026, 11, 24),
        at=datetime(2026, 11, 24, 9, tzinfo=UTC),
        clock="12",
        lang="de-AT",
        changes_zone=True,
        has_chosen_zone=True,
    )


@pytest.mark.parametrize(
    "query",
    [
        "month=2026-99", "month=0000-01", "month=1999-12", "month=2200-01", "month=%00", "month=",
        "day=2026-02-31", "day=tomorrow", "day=%00",
        "at=yesterday", "at=9999-12-31T23:59Z", "at=0001-01-01T00:00%2B14:00",
        "at=2026-11-24T09:00", "at=" + "9" * 41, "at=%00",
        "clock=13", "clock=%2024", "lang=xx", "lang=%00", "lang=", "change=nonsense",
        "chosen=", "chosen=false", "chosen=False", "tz=", "tz=%20", "other=1",
    ],
)  # fmt: skip
def test_nonsense_counts_as_not_said(query: str) -> None:
    assert read(query) == PageState()


@pytest.mark.parametrize("day", ["1999-12-31", "9999-12-31"])
def test_day_of_another_century_is_of_no_month(day: str) -> None:
    assert read(f"day={day}") == PageState(day=date.fromisoformat(day))


def test_month_is_that_of_the_day_where_none_is_said() -> None:
    assert read("day=2026-11-24").month == date(2026, 11, 1)
    assert read("day=2026-11-24&month=nonsense").month == date(2026, 11, 1)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("Atlantis", "There is no time zone called “Atlantis”. Try a large city near you."),
        ("%00", "Null characters are not allowed."),
        ("x" * 65, "Ensure this value has at most 64 characters (it has 65)."),
    ],
)
def test_zone_that_is_none_is_told(typed: str, error: str) -> None:
    state = read(f"tz={typed}&clock=24")
    assert list(state.zone_errors) == [error]
    assert (state.zone, state.clock) == (None, "24")


@pytest.mark.parametrize("chosen", ["on", "1", "0", "true"])
def test_zone_is_chosen_by_anything_but_false(chosen: str) -> None:
    assert read(f"chosen={chosen}").has_chosen_zone


@pytest.mark.parametrize(
    ("query", "names", "kept"),
    [
        ("", ["tz", "clock", "lang"], {}),
        ("tz=tokyo&day=2026-11-24", ["tz", "clock", "lang"], {"tz": "Asia/Tokyo"}),
        ("tz=tokyo&clock=12&lang=fr", ["clock", "lang"], {"clock": "12", "lang": "fr"}),
        ("tz=Atlantis&clock=13&lang=xx", ["tz", "clock", "lang"], {}),
    ],
)
def test_other_addresses_keep_what_is_said(query: str, names: Any, kept: dict[str, str]) -> None:
    assert read(query).kept(*names) == kept
