"""The state of a booking page, which its address carries. Every part may be missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from booking.fields import InstantField
from calendars.kit.languages import find_customs
from calendars.kit.walltime import YEARS
from calendars.kit.zones import search_zone

CLOCKS = {"12", "24"}


class TypedZoneField(forms.CharField):
    """A field for a zone, typed by its name or its city. Its value is a ZoneInfo."""

    default_error_messages = {
        "zone": _("There is no time zone called “%(name)s”. Try a large city near you.")
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        zone = search_zone(text)
        if zone is None:
            raise ValidationError(self.error_messages["zone"], code="zone", params={"name": text})
        return zone


ZONE = TypedZoneField(required=False)
INSTANT = InstantField(required=False)


@dataclass(frozen=True)
class PageState:
    """The state that an address carries. A missing or senseless part is None, empty or False.

    `month` is the first date of the month in the address, or else of the month of its day.
    `zone_errors` tell the client why the zone that they typed was not found.
    """

    zone: ZoneInfo | None = None
    zone_errors: Sequence[str] = ()
    month: date | None = None
    day: date | None = None
    at: datetime | None = None
    clock: str = ""
    lang: str = ""
    # Whether the client wants to choose another zone.
    changes_zone: bool = False
    # Whether the client chose the zone, and not the script, which asks the browser.
    has_chosen_zone: bool = False

    def kept(self, *names: str) -> dict[str, str]:
        """Return those of the parts `names` that are set, for the next addresses of the visit.

        Cookies are not enough, because a browser sends none from a frame on another site.
        """
        zone = self.zone.key if self.zone else ""
        said = {"tz": zone, "clock": self.clock, "lang": self.lang}
        return {name: said[name] for name in names if said[name]}


def read_page_state(query: Mapping[str, str]) -> PageState:
    """Return the state in the `query` of a booking page's address."""
    if not query:
        return NOTHING_SAID
    zone, zone_errors = _zone(query.get("tz", ""))
    day = _date(query.get("day", ""), "%Y-%m-%d")
    month = _date(query.get("month", ""), "%Y-%m") or day
    clock, lang = query.get("clock", ""), query.get("lang", "").strip()
    return PageState(
        zone=zone,
        zone_errors=zone_errors,
        month=month.replace(day=1) if month and month.year in YEARS else None,
        day=day,
        at=_instant(query.get("at", "")),
        clock=clock if clock in CLOCKS else "",
        # A language that we do not have counts as none: the page is shown in another one.
        lang=lang if lang and find_customs(lang) else "",
        changes_zone=query.get("change") == "zone",
        has_chosen_zone=query.get("chosen", "").lower() not in {"", "false"},
    )


NOTHING_SAID = PageState()


def _zone(text: str) -> tuple[ZoneInfo | None, Sequence[str]]:
    if not text:
        return None, ()
    try:
        return ZONE.clean(text), ()
    except ValidationError as error:
        return None, error.messages


def _date(text: str, date_format: str) -> date | None:
    if not text:
        return None
    try:
        return datetime.strptime(text.strip(), date_format).replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        instant: datetime | None = INSTANT.clean(text)
    except ValidationError:
        return None
    return instant
