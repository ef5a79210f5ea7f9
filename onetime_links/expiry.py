"""The expiry of links: presets and wall times. Pure."""

import calendar as gregorian
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calendars.kit.walltime import last_instant

WALL_FORMAT = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class Preset:
    name: str
    label: Promise
    days: int = 0
    months: int = 0

    def expiry(self, *, now: datetime, zone: ZoneInfo) -> datetime:
        """Return the instant of the same wall time on the preset's later date."""
        wall = now.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
        day = add_months(wall.date(), self.months) + timedelta(days=self.days)
        return last_instant(datetime.combine(day, wall.time()), zone)


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("1-day", _("1 day"), days=1),
        Preset("3-days", _("3 days"), days=3),
        Preset("1-week", _("1 week"), days=7),
        Preset("1-month", _("1 month"), months=1),
    )
}


def add_months(day: date, months: int) -> date:
    """Return the same day of a later month, or the last day of a month that is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, gregorian.monthrange(year, month)[1]))


def wall_text(instant: datetime, zone: ZoneInfo) -> str:
    """Return the wall time of `instant`, as an `<input type="datetime-local">` takes it."""
    return instant.astimezone(zone).strftime(WALL_FORMAT)
