"""A span of time in words, for owners."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from calendars.kit.datetext import date_text, joined, time_text
from calendars.kit.walltime import day_start, local_date

DAY = timedelta(days=1)
SEPARATOR = "\u00a0– "  # a line breaks after the dash


def span_text(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Such as "Tue 24 Nov 2026", "Tue 24 – Fri 27 …" for whole days, or with the times."""
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
