"""Instants in words, for owners."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calendars.kit.datetext import date_text, time_text
from calendars.kit.walltime import local_date


def moment_text(instant: datetime, zone: ZoneInfo, now: datetime, *, weekday: bool = False) -> str:
    """Return "1 Dec 17:00" or "Tue 24 Nov 10:00", with the year if it is not the present one."""
    local = instant.astimezone(zone)
    this_year = local.year == now.astimezone(zone).year
    match weekday, this_year:
        case True, True:
            day = date_text(local, "MMMEd")
        case True, False:
            day = date_text(local, "yMMMEd")
        case False, True:
            day = date_text(local, "MMMd")
        case _:
            day = date_text(local, "yMMMd")
    return f"{day} {time_text(local)}"


def time_left(until: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Return a text such as "in 9 days": under 24 hours by the clock, beyond by dates in `zone`."""
    left = until - now
    minutes = left // timedelta(minutes=1)
    if minutes < 1:
        return _("in less than a minute")
    if minutes < 60:
        return ngettext("in %(count)s minute", "in %(count)s minutes", minutes) % {"count": minutes}
    if left < timedelta(days=1):
        hours = minutes // 60
        return ngettext("in %(count)s hour", "in %(count)s hours", hours) % {"count": hours}
    days = (local_date(until, zone) - local_date(now, zone)).days
    return ngettext("in %(count)s day", "in %(count)s days", days) % {"count": days}
