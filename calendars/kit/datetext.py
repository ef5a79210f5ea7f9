"""Dates and times in words, by the customs of the reader.

The functions are pure, except that they ask `current_customs` who the reader is.
"""

import re
from datetime import date, datetime, time
from functools import lru_cache, reduce
from typing import Literal

from babel.dates import DateTimePattern, match_skeleton, parse_pattern
from django.utils.translation import gettext as _

from calendars.kit.languages import Customs, current_customs

# The fields of a text, in the letters of the CLDR (UTS 35, part 4): year, month, day of the month,
# weekday. More letters ask for a longer form. "MMMEd" gives "Tue 24 Nov" in London and
# "Tue, Nov 24" in New York.
Skeleton = Literal[
    "EEE",
    "EEEE",
    "MMMM",
    "MMMd",
    "yMMMd",
    "MMMEd",
    "yMMMEd",
    "MMMMEEEEd",
    "yMMMMd",
    "yMMMMEEEEd",
    "yMMMM",
]
Clock = Literal["12", "24"]
# Skeletons that the CLDR lists among its date formats, by a name of their own.
NAMED = {"yMMMMEEEEd": "full", "yMMMMd": "long"}
# The weekdays and months of a pattern, and its quoted text, which must be left as it is.
FIELDS = re.compile(r"'[^']*'|E+|c+|M+|L+")
# The spaces where a line must not break: after a number ("9 November", "9. November",
# "9 de noviembre"), before a year, and within parentheses.
TIES = re.compile(r"(?:(?<=\d)|(?<=\d\.)|(?<=\d de)) (?=\w)| (?=(?:de )?\d{4}\b)| (?=[^()]*\))")


def date_text(day: date, skeleton: Skeleton) -> str:
    """Return a date such as "Tuesday 24 November"; a datetime counts in its own zone."""
    if isinstance(day, datetime):
        day = day.date()
    return _date_text(day, skeleton, current_customs())


def time_text(local: datetime, clock: str = "", customs: Customs | None = None) -> str:
    """Return a time such as "17:00" or "5:00 pm", by `clock` if given, else as the reader does."""
    customs = customs or current_customs()
    skeleton = "hm" if (clock or customs.clock) == "12" else "Hm"
    return _time_text(time(local.hour, local.minute), skeleton, customs)


def hour_text(hour: int) -> str:
    """Return a full hour such as "17:00" or "5 pm", for the rows of a day."""
    local, customs = datetime.combine(date.min, time(hour)), current_customs()
    if customs.clock == "24":
        return time_text(local)
    pattern: str = customs.locale.datetime_skeletons["h"].apply(local, customs.locale)
    return pattern


def joined(*texts: str) -> str:
    """Join texts as in "Tomorrow, Tue 24 Nov, 09:00", the way the reader's language does it."""
    pattern = _("%(date)s, %(times)s")
    return reduce(lambda date, times: pattern % {"date": date, "times": times}, texts)


def keep_together(text: str) -> str:
    """Return the text with no line break possible within a date, a count or parentheses."""
    return TIES.sub("\N{NO-BREAK SPACE}", text)


def on_one_line(text: str) -> str:
    """Return the text with no line break possible at all."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def weekday_columns() -> list[tuple[str, str]]:
    """Return the weekdays in the order of the reader's week, as (column heading, full name)."""
    return list(_weekday_columns(current_customs()))


def days_into_week(day: date) -> int:
    """Return how many days of the reader's week come before `day`, from 0 to 6."""
    return (day.weekday() - current_customs().first_weekday) % 7


@lru_cache(maxsize=4096)
def _date_text(day: date, skeleton: str, customs: Customs) -> str:
    return _pattern(skeleton, customs).apply(day, customs.locale)


@lru_cache(maxsize=4096)
def _time_text(wall: time, skeleton: str, customs: Customs) -> str:
    text: str = customs.locale.datetime_skeletons[skeleton].apply(wall, customs.locale)
    return text


@lru_cache(maxsize=1024)
def _pattern(skeleton: str, customs: Customs) -> DateTimePattern:
    locale = customs.locale
    if skeleton in NAMED:
        return parse_pattern(locale.date_formats[NAMED[skeleton]].pattern)
    if set(skeleton) <= {"E"} or set(skeleton) <= {"M"}:
        return parse_pattern(skeleton.replace("E", "c").replace("M", "L"))
    skeletons = locale.datetime_skeletons
    known = skeleton if skeleton in skeletons else match_skeleton(skeleton, skeletons)
    return parse_pattern(_lengthen(skeletons[known].pattern, skeleton))


def _lengthen(pattern: str, skeleton: str) -> str:
    """Return a similar skeleton's pattern with its weekday and month as long as in `skeleton`.

    The CLDR leaves this step to its users (UTS 35, "Missing Skeleton Fields").
    """

    def as_wanted(field: re.Match[str]) -> str:
        letters = field[0]
        wanted = skeleton.count("E" if letters[0] in "Ec" else "M")
        is_number = letters[0] in "ML" and len(letters) < 3
        return letters if letters[0] == "'" or is_number else letters[0] * max(wanted, 1)

    return FIELDS.sub(as_wanted, pattern)


@lru_cache(maxsize=64)
def _weekday_columns(customs: Customs) -> tuple[tuple[str, str], ...]:
    names = customs.locale.days["stand-alone"]
    short = {n: name.rstrip(".") for n, name in names.get("short", names["abbreviated"]).items()}
    if max(map(len, short.values())) > 3:
        short = dict(names["narrow"])
    order = [(customs.first_weekday + n) % 7 for n in range(7)]
    return tuple((short[n], names["wide"][n]) for n in order)
