"""Ranges of hours as a person types them: rows of two times. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple, Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from calendars.kit.walltime import MINUTES_PER_DAY
from calendars.schedule import MAX_RANGES, Hours, validate_range
from calendars.tabs.rows import Merged, merge_rows
from calendars.tabs.shown import changed_text, removed_text

DRAWN = re.compile(r"([0-9]{1,18}):([0-9]{1,4})-([0-9]{1,4})")
TIME = re.compile(r"(\d{1,2})(?:[:.h]?(\d{2}))?\s*(?:([ap])\.?m\.?)?", re.IGNORECASE)


def parse_minute(text: str) -> int | None:
    """Return the minutes since 00:00 of "9", "930", "09:30", "9.30", "5 pm" or "24:00", or None."""
    match = TIME.fullmatch(text.strip())
    if not match:
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    total = hour * 60 + minute
    return total if minute < 60 and total <= MINUTES_PER_DAY else None


def format_minute(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def hours_text(hours: Hours) -> str:
    return f"{format_minute(hours.start)}–{format_minute(hours.end)}"


class DrawnRange(NamedTuple):
    """A stored range as the page showed it: its key and its hours."""

    key: int
    hours: Hours

    def __str__(self) -> str:
        """Return the text that the page sends back."""
        return f"{self.key}:{self.hours.start}-{self.hours.end}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        match = DRAWN.fullmatch(text)
        return cls(int(match[1]), Hours(int(match[2]), int(match[3]))) if match else None


@dataclass
class RangeRow:
    """One range as it was typed, its error, and what it was when the page was drawn, if stored."""

    start: str = ""
    end: str = ""
    error: str = ""
    hours: Hours | None = None
    is_new: bool = False
    drawn: DrawnRange | None = None

    @classmethod
    def stored(cls, key: int, hours: Hours) -> Self:
        start, end = format_minute(hours.start), format_minute(hours.end)
        return cls(start, end, hours=hours, drawn=DrawnRange(key, hours))

    def check(self) -> None:
        """Set `hours` or `error`, or neither if both times are empty."""
        self.hours = None
        if not (self.start or self.end):
            return
        start, end = parse_minute(self.start), parse_minute(self.end)
        if start is None or end is None:
            self.error = _("Type both times like 09:00 and 17:30.")
            return
        # "00:00" as an end means the midnight after the day.
        hours = Hours(start, end or MINUTES_PER_DAY)
        try:
            validate_range(hours)
        except ValidationError as error:
            self.error = error.messages[0]
            return
        self.hours = hours
        self.start, self.end = format_minute(hours.start), format_minute(hours.end)


@dataclass
class RangeRows:
    """The ranges of one day; `key` is in the names of its inputs, `label` in their labels.

    `gone` are the stored ranges whose rows were removed here.
    """

    key: str
    label: str
    rows: list[RangeRow] = field(default_factory=list)
    gone: list[DrawnRange] = field(default_factory=list)
    copied_to: bool = False
    takes_focus: bool = False

    @classmethod
    def typed(
        cls,
        key: str,
        label: str,
        values: Callable[[str], Sequence[str]],
        *,
        most: int = MAX_RANGES,
    ) -> Self:
        """Return the rows of a sent form; `values` returns all values of an input's name.

        Of new rows, those that are more than `most` are left out.
        """
        texts = zip(values(f"{key}-start"), values(f"{key}-end"), strict=False)
        drawn = map(DrawnRange.read, values(f"{key}-drawn"))
        day = cls(key, label, gone=[*filter(None, map(DrawnRange.read, values(f"{key}-gone")))])
        for text, was in zip_longest(list(texts), drawn):
            if text and (was or len(day.rows) < most):
                day.rows.append(RangeRow(text[0][:20], text[1][:20], drawn=was))
        return day

    @classmethod
    def stored(cls, key: str, label: str, ranges: Mapping[int, Hours]) -> Self:
        return cls(key, label, [RangeRow.stored(*each) for each in ranges.items()])

    @property
    def is_full(self) -> bool:
        return len(self.rows) >= MAX_RANGES

    @property
    def hours(self) -> list[Hours]:
        return sorted(row.hours for row in self.rows if row.hours)

    def check(self) -> bool:
        """Check every row, and return whether all are valid."""
        for row in self.rows:
            row.check()
        return not any(row.error for row in self.rows)

    def merge(self, now: Mapping[int, Hours], *, is_told: bool) -> Merged[int, Hours]:
        """Return the checked rows merged with those stored `now`, and tell of every clash.

        If the page did not tell what it showed, it counts as drawn just now.
        """
        merged = merge_rows(self.drawn if is_told else now, self._typed, now)
        if merged.clashes:
            self._show(merged, now)
        return merged

    def redraw(self, now: Mapping[int, Hours]) -> None:
        """Count what is stored `now` as what the page showed."""
        for row in self.rows:
            stored = now.get(row.drawn.key) if row.drawn else None
            row.drawn = DrawnRange(row.drawn.key, stored) if row.drawn and stored else None
        rows = {row.drawn.key for row in self.rows if row.drawn}
        self.gone = [DrawnRange(key, hours) for key, hours in now.items() if key not in rows]

    def add(self) -> None:
        if not self.is_full:
            self.rows.append(RangeRow(is_new=True))

    def remove(self, index: int) -> None:
        if index < len(self.rows):
            self._discard([self.rows.pop(index)])
            self.takes_focus = True

    def replace_by(self, other: "RangeRows") -> None:
        self._discard(self.rows)
        self.rows = [RangeRow(row.start, row.end) for row in other.rows]

    def _discard(self, rows: Sequence[RangeRow]) -> None:
        self.gone += [row.drawn for row in rows if row.drawn]

    @property
    def drawn(self) -> dict[int, Hours]:
        return dict([*(row.drawn for row in self.rows if row.drawn), *self.gone])

    @property
    def _typed(self) -> list[tuple[int | None, Hours]]:
        return [(row.drawn.key if row.drawn else None, row.hours) for row in self.rows if row.hours]

    def _show(self, merged: Merged[int, Hours], now: Mapping[int, Hours]) -> None:
        """Show the rows as they would be saved, with what was typed where that clashes."""
        typed = {row.drawn.key: row for row in self.rows if row.drawn and row.hours}
        clashing = [_clash(typed.get(key), key, now.get(key)) for key in merged.clashes]
        kept = [
            _resumed(key, hours, now[key])
            for key, hours in merged.kept.items()
            if key not in merged.clashes
        ]
        new = [RangeRow(format_minute(each.start), format_minute(each.end)) for each in merged.new]
        removed = now.keys() - merged.kept.keys()
        self.gone = [DrawnRange(key, now[key]) for key in removed]
        self.rows = sorted([*clashing, *kept, *new], key=lambda row: (row.start, row.end))


def _resumed(key: int, hours: Hours, stored: Hours) -> RangeRow:
    """Return the row of a stored range that shall become `hours`."""
    row = RangeRow.stored(key, hours)
    row.drawn = DrawnRange(key, stored)
    return row


def _clash(typed: RangeRow | None, key: int, stored: Hours | None) -> RangeRow:
    """Return the row for a range that was changed here and elsewhere; None was removed there."""
    if typed is None and stored:
        again = RangeRow.stored(key, stored)
        again.error = _("You removed this, but it was changed elsewhere meanwhile.")
        return again
    row = typed or RangeRow()
    row.drawn = DrawnRange(key, stored) if stored else None
    row.error = changed_text(hours_text(stored)) if stored else removed_text()
    return row
