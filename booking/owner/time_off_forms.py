from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from booking.fields import DateInput, TimeInput, validate_year
from booking.models import TimeOff
from booking.times.time_off import TimeOffChanges, validate_time_off
from booking.timewords import span_text
from calendars.kit.fields import TakesTyped, field_of, style_inputs
from calendars.kit.walltime import day_start, first_instant, last_instant, local_date
from calendars.kit.zones import find_zone
from calendars.tabs.shown import ShownForm, remember_shown, removed_text

DAY = timedelta(days=1)


WHEN = ("first", "start", "last", "end", "time_zone")


class TimeOffForm(ShownForm, TakesTyped, forms.Form):
    """A form for time off in one of the owner's zones: dates, and times unless it is whole days.

    If it `is_gone`, the time off that it changes was removed elsewhere.
    """

    together = (WHEN,)

    first = forms.DateField(label=_("First day"), widget=DateInput(), validators=[validate_year])
    start = forms.TimeField(label=_("From"), required=False, widget=TimeInput())
    last = forms.DateField(
        label=_("Last day"),
        required=False,
        validators=[validate_year],
        widget=DateInput(),
        help_text=_("Empty: the same day."),
    )
    end = forms.TimeField(label=_("To"), required=False, widget=TimeInput())
    time_zone = forms.ChoiceField(label=_("Time zone"))
    note = field_of(TimeOff, "note", help_text=_("Only you see it."))

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        zones: list[str],
        now: datetime,
        existing: TimeOff | None = None,
        is_gone: bool = False,
    ) -> None:
        # The dates that the page showed are of the zone in which it showed them.
        shown_in = data.get("initial-time_zone", "") if data is not None else ""
        self.zones = [*zones, *({shown_in} - set(zones) if find_zone(shown_in) else ())]
        self.existing, self.is_gone, self.now = existing, is_gone, now
        self.knows_gone = data is not None and "known_gone" in data
        self.zone = ZoneInfo(shown_in if shown_in in self.zones else zones[0])
        super().__init__(data, initial=as_typed(existing, self.zone) if existing else None)
        choices = [(zone, zone.replace("_", " ")) for zone in self.zones]
        self.fields["time_zone"].choices = choices  # type: ignore[attr-defined]
        style_inputs(self)
        if existing:
            remember_shown(self)

    def stored_text(self, group: tuple[str, ...]) -> str:
        if group == WHEN and self.existing:
            return span_text(self.existing.starts_at, self.existing.ends_at, self.zone)
        return super().stored_text(group)

    @property
    def changes(self) -> TimeOffChanges:
        """Return what was edited, or all of it if there is no time off to change."""
        changes: TimeOffChanges = {"note": self.cleaned_data["note"]}
        if self.existing and "note" not in self.changed_data:
            del changes["note"]
        if not self.existing or set(WHEN) & set(self.changed_data):
            changes |= {"starts_at": self.starts_at, "ends_at": self.ends_at}
        return changes

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.is_gone and not self.knows_gone:
            self.knows_gone = True
            self.add_error(None, removed_text())
        if not self.errors:
            try:
                validate_time_off(self.starts_at, self.ends_at, now=self.now)
            except ValidationError as error:
                self._blame(error)
        return cleaned

    def _blame(self, error: ValidationError) -> None:
        """Show the errors of the two instants at the inputs that they were typed in."""
        is_of_hour = self.cleaned_data["end"] and self.ends_at <= self.starts_at
        fields = {"starts_at": "first", "ends_at": "end" if is_of_hour else "last"}
        for name, errors in error.error_dict.items():
            self.add_error(fields[name], errors)

    @property
    def starts_at(self) -> datetime:
        return self._instants[0]

    @property
    def ends_at(self) -> datetime:
        return self._instants[1]

    @property
    def _instants(self) -> tuple[datetime, datetime]:
        """Return the start and the end. Without a time, the whole day belongs to the time off.

        If a clock change makes a time ambiguous, the time off is the longer of the two.
        """
        zone = ZoneInfo(self.cleaned_data["time_zone"])
        first: date = self.cleaned_data["first"]
        last: date = self.cleaned_data["last"] or first
        start: time | None = self.cleaned_data["start"]
        end: time | None = self.cleaned_data["end"]
        return (
            first_instant(datetime.combine(first, start), zone)
            if start
            else day_start(first, zone),
            last_instant(datetime.combine(last, end), zone) if end else day_start(last + DAY, zone),
        )


def as_typed(time_off: TimeOff, zone: ZoneInfo) -> dict[str, Any]:
    """Return the values of the form that describe this time off."""
    first, last = (local_date(at, zone) for at in (time_off.starts_at, time_off.ends_at))
    typed: dict[str, Any] = {"first": first, "note": time_off.note, "time_zone": zone.key}
    if time_off.starts_at != day_start(first, zone):
        typed["start"] = _minute(time_off.starts_at, zone)
    if time_off.ends_at == day_start(last, zone):
        last -= DAY
    else:
        typed["end"] = _minute(time_off.ends_at, zone)
    return typed | {"last": last}


def _minute(instant: datetime, zone: ZoneInfo) -> time:
    """Return the time of day to the minute, as the input shows it, so that it is not changed."""
    return instant.astimezone(zone).time().replace(second=0, microsecond=0)
