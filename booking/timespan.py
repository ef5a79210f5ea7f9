"""A span of time in words, for owners."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from calendars.walltime import day_start, local_date

DAY = timedelta(days=1)


def span_text(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Such as "Tue 24 Nov 2026", "Tue 24 – Fri 27 …" for whole days, or with the times."""
    first, last = local_date(start, zone), local_date(end, zone)
    if start == day_start(first, zone) and end == day_start(last, zone):
        last -= DAY
        texts = [date_format(day, _("D j M Y")) for day in (first, last)]
        return texts[0] if first == last else " – ".join(texts)
    at_start = date_format(start.astimezone(zone), _("D j M Y, H:i"))
    pattern = "H:i" if first == last else _("D j M Y, H:i")
    joint = "–" if first == last else " – "
    return f"{at_start}{joint}{date_format(end.astimezone(zone), pattern)}"
