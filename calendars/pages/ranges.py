"""Ranges of hours as a person types them: rows of two times. Pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from calendars.kit.walltime import MINUTES_PER_DAY
from calendars.schedule import MAX_RANGES, Hours, validate_range

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


@dataclass
class RangeRow:
    """One range as it was typed, and its error."""

    start: str = ""
    end: str = ""
    error: str = ""
    hours: Hours | None = None
    is_new: bool = False

    def check(self) -> None:
        """Set `hours` or `error`, or neither if both times are empty."""
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
    """The ranges of one day; `key` is in the names of its inputs, `label` in their labels."""

    key: str
    label: str
    rows: list[RangeRow] = field(default_factory=list)
    copied_to: bool = False
    takes_focus: bool = False

    @classmethod
    def typed(cls, key: str, label: str, values: Callable[[str], Sequence[str]]) -> "RangeRows":
        """Return the rows of a sent form; `values` returns all values of an input's name."""
        pairs = zip(values(f"{key}-start"), values(f"{key}-end"), strict=False)
        return cls(
            key, label, [RangeRow(start[:20], end[:20]) for start, end in pairs][:MAX_RANGES]
        )

    @classmethod
    def stored(cls, key: str, label: str, hours: Iterable[Hours]) -> "RangeRows":
        rows = [RangeRow(format_minute(each.start), format_minute(each.end)) for each in hours]
        return cls(key, label, rows)

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

    def add(self) -> None:
        if not self.is_full:
            self.rows.append(RangeRow(is_new=True))

    def remove(self, index: int) -> None:
        if index < len(self.rows):
            del self.rows[index]
            self.takes_focus = True

    def replace_by(self, other: "RangeRows") -> None:
        self.rows = [RangeRow(row.start, row.end) for row in other.rows]
