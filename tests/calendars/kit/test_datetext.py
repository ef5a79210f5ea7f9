from datetime import date, datetime

import pytest

from calendars.kit.datetext import (
    date_text,
    days_into_week,
    hour_text,
    joined,
    keep_together,
    time_text,
    weekday_columns,
)
from calendars.kit.languages import CUSTOMS, customs_of, speaking

DAY = date(2026, 11, 24)
MAY = date(2026, 5, 3)
AFTERNOON = datetime(2026, 11, 24, 15, 30)  # noqa: DTZ001  a wall time
# Dates as the CLDR writes them, and as a newspaper of the country would.
DATES = [
    ("en-GB", "Tue 24 Nov", "Tuesday 24 November", "Tuesday, 24 November 2026", "15:30"),
    ("en-US", "Tue, Nov 24", "Tuesday, November 24", "Tuesday, November 24, 2026", "3:30 PM"),
    ("de-DE", "Di., 24. Nov.", "Dienstag, 24. November", "Dienstag, 24. November 2026", "15:30"),
    ("fr-FR", "mar. 24 nov.", "mardi 24 novembre", "mardi 24 novembre 2026", "15:30"),
    ("es-ES", "mar, 24 nov", "martes, 24 de noviembre", "martes, 24 de noviembre de 2026", "15:30"),
    ("pt-PT", "terça, 24/11", "terça-feira, 24 de novembro", None, "15:30"),
    ("pl-PL", "wt., 24 lis", "wtorek, 24 listopada", "wtorek, 24 listopada 2026", "15:30"),
    ("tr-TR", "24 Kas Sal", "24 Kasım Salı", "24 Kasım 2026 Salı", "15:30"),
    ("uk-UA", "вт, 24 лист.", "вівторок, 24 листопада", None, "15:30"),
    ("ja-JP", "11月24日(火)", "11月24日火曜日", "2026年11月24日火曜日", "15:30"),
    ("zh-Hans-CN", "11月24日周二", "11月24日星期二", "2026年11月24日星期二", "15:30"),
    ("hi-IN", "मंगल, 24 नव॰", "मंगलवार, 24 नवंबर", "मंगलवार, 24 नवंबर 2026", "3:30 pm"),
    ("ar-EG", "الثلاثاء، 24 نوفمبر", "الثلاثاء، 24 نوفمبر", None, "3:30 م"),
]


@pytest.mark.parametrize(("tag", "short", "long", "full", "time"), DATES)
def test_dates_and_times(tag: str, short: str, long: str, full: str | None, time: str) -> None:
    with speaking(tag):
        assert date_text(DAY, "MMMEd") == short
        assert date_text(AFTERNOON, "MMMMEEEEd") == long
        if full:
            assert date_text(DAY, "yMMMMEEEEd") == full
        assert time_text(AFTERNOON).replace("\u202f", " ") == time


@pytest.mark.parametrize(
    ("tag", "month"),
    [("de", "Mai 2026"), ("pl", "maj 2026"), ("uk", "травень 2026 р."), ("es", "mayo de 2026")],
)
def test_month_alone_is_in_its_own_case(tag: str, month: str) -> None:
    with speaking(tag):
        assert date_text(MAY, "yMMMM").replace("\u202f", " ") == month


def test_clock_that_was_chosen_wins() -> None:
    with speaking("en-US"):
        assert time_text(AFTERNOON, "24") == "15:30"
    with speaking("en-GB"):
        assert time_text(AFTERNOON, "12") == "3:30 pm"


@pytest.mark.parametrize(
    ("tag", "midnight", "noon"),
    [("en-GB", "00:00", "12:00"), ("en-US", "12 AM", "12 PM"), ("de", "00:00", "12:00")],
)
def test_full_hour_is_short(tag: str, midnight: str, noon: str) -> None:
    """A full hour is short: "12:00 AM" in its narrow column covered the first day of the week."""
    with speaking(tag):
        assert [hour_text(hour).replace("\u202f", " ") for hour in (0, 12)] == [midnight, noon]


@pytest.mark.parametrize(
    ("tag", "first", "columns"),
    [
        ("en-GB", "Monday", ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]),
        ("en-US", "Sunday", ["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"]),
        ("de", "Montag", ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"]),
        ("ja", "日曜日", ["日", "月", "火", "水", "木", "金", "土"]),
        ("zh-hans", "星期一", ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]),
        ("ar", "السبت", ["س", "ح", "ن", "ث", "ر", "خ", "ج"]),
    ],
)
def test_week(tag: str, first: str, columns: list[str]) -> None:
    with speaking(tag):
        assert [column for column, _name in weekday_columns()] == columns
        assert weekday_columns()[0][1] == first


@pytest.mark.parametrize(("tag", "days"), [("en-GB", 1), ("en-US", 2), ("ar", 3)])
def test_tuesday_in_the_week(tag: str, days: int) -> None:
    with speaking(tag):
        assert days_into_week(DAY) == days


def test_texts_in_a_row() -> None:
    with speaking("en"):
        assert joined("Tomorrow", "Tue 24 Nov", "09:00") == "Tomorrow, Tue 24 Nov, 09:00"
    with speaking("ar"):
        assert joined("غدا", "24") == "غدا، 24"


def test_lines_end_between_dates_and_not_within() -> None:
    for kept in (
        "Monday, 9~November~2026, 15:00 (New~York~time)",
        "Montag, 9.~November~2026, 15:00",
        "lunes, 9~de~noviembre~de~2026",
        "You can reschedule 3~more times.",
        "3~مرات إضافية",
    ):
        spaced = kept.replace("~", " ")
        assert keep_together(spaced) == kept.replace("~", "\N{NO-BREAK SPACE}")


def test_customs_are_those_of_every_language() -> None:
    for language, tags in CUSTOMS.items():
        for tag in tags:
            assert customs_of(tag).tag == tag
            assert customs_of(tag).language == language
            assert customs_of(tag).locale.language == language[:2]
