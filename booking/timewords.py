"""Times in words, for a reader with a zone and a clock, and spans of time, for owners."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from calendars.kit.datetext import date_text, joined, time_text
from calendars.kit.languages import Customs, current_customs
from calendars.kit.walltime import day_start, local_date, occurs_twice
from calendars.kit.zones import city_of

DAY = timedelta(days=1)
SEPARATOR = "\u00a0– "  # a line breaks after the dash


def span_text(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Return a span of whole days by its dates, such as "Tue 24 Nov 2026", others with times."""
    first, last = local_date(start, zone), local_date(end, zone)
    if start == day_start(first, zone) and end == day_start(last, zone):
        last -= DAY
        texts = [date_text(day, "yMMMEd") for day in (first, last)]
        return texts[0] if first == last else SEPARATOR.join(texts)
    local_start, local_end = start.astimezone(zone), end.astimezone(zone)
    if first == last:
        return f"{_moment(local_start)}–{time_text(local_end)}"
    return SEPARATOR.join((_moment(local_start), _moment(local_end)))


def _moment(local: datetime) -> str:
    return joined(date_text(local, "yMMMEd"), time_text(local))


@dataclass(frozen=True)
class Reader:
    """A person who reads times, with their zone, their clock ("12" or "24"), and the present."""

    now: datetime
    zone: ZoneInfo
    clock: str

    @cached_property
    def customs(self) -> Customs:
        """Return the reader's customs, which are looked up once, for a page has dozens of times."""
        return current_customs()

    def time(self, instant: datetime) -> str:
        """Return a time such as "09:00", or "02:00 UTC+2" if the clocks show it twice."""
        local = instant.astimezone(self.zone)
        text = self._clock_text(local)
        return f"{text} {_offset_text(local)}" if occurs_twice(local) else text

    def date(self, instant: datetime) -> str:
        return date_text(instant.astimezone(self.zone), "MMMMEEEEd")

    def full_date(self, instant: datetime) -> str:
        return date_text(instant.astimezone(self.zone), "yMMMMEEEEd")

    def times(self, start: datetime, end: datetime) -> str:
        both = [instant.astimezone(self.zone) for instant in (start, end)]
        texts = [self._clock_text(local) for local in both]
        if not any(map(occurs_twice, both)):
            return "–".join(texts)
        offsets = [_offset_text(local) for local in both]
        if offsets[0] == offsets[1]:
            return f"{'–'.join(texts)} {offsets[0]}"
        # In Arabic, an offset would draw the time after it to its own side if it were not isolated.
        each = zip(texts, offsets, strict=True)
        return "–".join(f"\u2068{text} {offset}\u2069" for text, offset in each)

    def _clock_text(self, local: datetime) -> str:
        return time_text(local, self.clock, self.customs)

    @property
    def offset(self) -> str:
        """Return the present offset, such as "UTC+5:30"."""
        return self.offset_at(self.now)

    def offset_at(self, *instants: datetime) -> str:
        """Return the offset at the instants, or all their offsets, such as "UTC+2 / UTC+1"."""
        texts = (_offset_text(instant.astimezone(self.zone)) for instant in instants)
        return " / ".join(dict.fromkeys(texts))

    @property
    def zone_name(self) -> str:
        return city_of(self.zone.key)


def _offset_text(local: datetime) -> str:
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
