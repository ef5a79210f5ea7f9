import pytest

from calendars.pages.ranges import RangeRows, format_minute, parse_minute
from calendars.schedule import MAX_RANGES, Hours


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("09:00", 540),
        ("9", 540),
        ("930", 570),
        ("0930", 570),
        ("9.30", 570),
        ("9h30", 570),
        (" 17:45 ", 1065),
        ("5 pm", 1020),
        ("5:30PM", 1050),
        ("12am", 0),
        ("12 p.m.", 720),
        ("00:00", 0),
        ("24:00", 1440),
        ("24", 1440),
        ("٩:٣٠", 570),
    ],
)
def test_parse_minute_reads_what_people_type(text: str, minute: int) -> None:
    assert parse_minute(text) == minute


@pytest.mark.parametrize(
    "text", ["", "late", "25", "24:01", "9:60", "13 pm", "0 am", "-1", "9:0", "1:2:3", "9\n10"]
)
def test_parse_minute_knows_what_is_no_time(text: str) -> None:
    assert parse_minute(text) is None


def test_every_minute_of_a_day_survives_being_shown_and_read() -> None:
    assert all(parse_minute(format_minute(minute)) == minute for minute in range(1441))


def rows(*pairs: tuple[str, str]) -> RangeRows:
    values = {"0-start": [start for start, _ in pairs], "0-end": [end for _, end in pairs]}
    return RangeRows.typed("0", "Monday", lambda name: values.get(name, []))


def test_rows_are_read_sorted_and_empty_ones_dropped() -> None:
    day = rows(("13", "17"), ("", ""), ("9:00", "12"))
    assert day.check()
    assert day.hours == [Hours(540, 720), Hours(780, 1020)]


@pytest.mark.parametrize("end", ["24:00", "0:00", "00", "12 am"])
def test_midnight_as_an_end_is_that_of_the_next_day(end: str) -> None:
    day = rows(("18", end))
    assert day.check()
    assert day.hours == [Hours(1080, 1440)]
    assert day.rows[0].end == "24:00"


@pytest.mark.parametrize(
    ("start", "end", "error"),
    [
        ("9", "", "Type both times"),
        ("", "9", "Type both times"),
        ("late", "17", "Type both times"),
        ("17", "9", "The end must come after the start."),
        ("9", "9", "The end must come after the start."),
        ("24:00", "24:00", "The end must come after the start."),
    ],
)
def test_wrong_rows_say_so_and_keep_what_was_typed(start: str, end: str, error: str) -> None:
    day = rows((start, end))
    assert not day.check()
    assert day.rows[0].error.startswith(error)
    assert (day.rows[0].start, day.rows[0].end) == (start, end)
    assert day.hours == []


def test_a_day_takes_no_more_rows_than_it_can_show() -> None:
    day = rows(*[("9", "10")] * 100)
    assert len(day.rows) == MAX_RANGES
    day.add()
    assert len(day.rows) == MAX_RANGES


def test_removing_a_row_that_is_not_there_removes_nothing() -> None:
    day = rows(("9", "10"))
    day.remove(5)
    assert len(day.rows) == 1
