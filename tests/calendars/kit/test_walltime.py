from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from calendars.kit.walltime import day_start, first_instant, last_instant

CASES = [
    # zone, wall time, first instant, last instant (UTC)
    ("Europe/Berlin", "2026-06-10 09:00", "2026-06-10 07:00", "2026-06-10 07:00"),
    ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29 01:00", "2026-03-29 01:00"),
    ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25 00:30", "2026-10-25 01:30"),
    ("Australia/Lord_Howe", "2026-10-04 02:10", "2026-10-03 15:30", "2026-10-03 15:30"),
    ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45", "2026-04-04 15:15"),
    ("Europe/Dublin", "2026-10-25 01:30", "2026-10-25 00:30", "2026-10-25 01:30"),
    ("America/St_Johns", "2010-11-06 23:30", "2010-11-07 02:00", "2010-11-07 03:00"),
    ("Pacific/Apia", "2011-12-30 15:00", "2011-12-30 10:00", "2011-12-30 10:00"),
    ("Asia/Kathmandu", "2026-01-01 00:00", "2025-12-31 18:15", "2025-12-31 18:15"),
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("zone", "wall", "first", "last"), CASES)
def test_wall_time_becomes_an_instant(zone: str, wall: str, first: str, last: str) -> None:
    naive = datetime.fromisoformat(wall)
    assert first_instant(naive, ZoneInfo(zone)) == utc(first)
    assert last_instant(naive, ZoneInfo(zone)) == utc(last)


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28 23:00"),
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04 03:00"),  # midnight does not exist
        ("America/Havana", date(2026, 11, 1), "2026-11-01 04:00"),  # midnight occurs twice
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30 10:00"),  # the date does not exist
    ],
)
def test_day_start_is_the_first_instant_of_the_date(zone: str, day: date, start: str) -> None:
    assert day_start(day, ZoneInfo(zone)) == utc(start)
