"""The forms of the Availability section.

Their buttons that edit rows send the whole form and get it back changed, so that they work with
and without a script.
"""

from collections.abc import Mapping
from datetime import date

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from calendars.hours import load_schedule
from calendars.kit.fields import ZoneField, row_number, style_inputs
from calendars.models import Calendar, Weekday
from calendars.pages.ranges import RangeRows
from calendars.rules import validate_override_date, validate_override_dates
from calendars.schedule import Hours, dates_between

EDITS = ("add", "remove", "copy")


class RangesForm(forms.Form):
    """A form with `days`, each of which holds the ranges of one day."""

    days: list[RangeRows]
    data: QueryDict

    def edit(self) -> bool:
        """Do what the pressed button says if it edits rows, and return whether it does."""
        for name in EDITS:
            if name in self.data:
                getattr(self, f"_{name}")(self.data[name])
                self._errors = ErrorDict()  # what is still being typed is not judged yet
                return True
        return False

    def is_valid(self) -> bool:
        fields_are_valid = super().is_valid()
        return self.check_days() and fields_are_valid

    def check_days(self) -> bool:
        # A list, because `all` would stop at the first wrong day, and each shows its own errors.
        checked = [day.check() for day in self.days]
        return all(checked)

    @property
    def row_errors(self) -> list[tuple[str, str, str]]:
        """For every wrong row: the id of its first input, its day's label and its error."""
        return [
            (f"id_{day.key}-{index}-start", day.label, row.error)
            for day in self.days
            for index, row in enumerate(day.rows)
            if row.error
        ]

    def _day(self, key: str) -> RangeRows | None:
        return next((day for day in self.days if day.key == key), None)

    def _add(self, key: str) -> None:
        if day := self._day(key):
            day.add()

    def _remove(self, value: str) -> None:
        key, _dot, number = value.partition(".")
        day, index = self._day(key), row_number(number)
        if day and index is not None:
            day.remove(index)

    def _copy(self, key: str) -> None:
        source = self._day(key)
        for target in self.data.getlist(f"{key}-to"):
            day = self._day(target)
            if source and day and day is not source:
                day.replace_by(source)
        if source:
            source.takes_focus = True


class WeeklyHoursForm(RangesForm):
    time_zone = ZoneField(help_text=_("Your hours are read in this zone."))

    def __init__(self, data: QueryDict | None = None, *, calendar: Calendar) -> None:
        super().__init__(data, initial={"time_zone": calendar.time_zone})
        style_inputs(self)
        if data is None:
            weekly = load_schedule(calendar, first=date.max, last=date.max).weekly
            self.days = [
                RangeRows.stored(str(day.value), str(day.label), weekly.get(day.value, ()))
                for day in Weekday
            ]
        else:
            self.days = [
                RangeRows.typed(str(day.value), str(day.label), data.getlist) for day in Weekday
            ]

    @property
    def weekly(self) -> Mapping[int, list[Hours]]:
        return {int(day.key): day.hours for day in self.days}


class OverrideForm(RangesForm):
    first = forms.DateField(
        label=_("Date"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    last = forms.DateField(
        label=_("Until"),
        required=False,
        help_text=_("The last date, if these are several days on end."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    day_off = forms.TypedChoiceField(
        label=_("On this date"),
        choices=[("yes", _("Day off")), ("no", _("Other hours than usual"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        initial="yes",
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        today: date,
        day: date | None = None,
        hours: list[Hours] | None = None,
    ) -> None:
        """Make the form; `day` and `hours` are those of the override to change, if there is one."""
        super().__init__(data, initial={"first": day, "day_off": "no" if hours else "yes"})
        self.today = today
        style_inputs(self)
        for name in ("first", "last"):
            self.fields[name].widget.attrs["min"] = today.isoformat()
        if day:
            del self.fields["last"]
        key, label = "hours", str(_("Hours"))
        self.days = [
            RangeRows.stored(key, label, hours or [])
            if data is None
            else RangeRows.typed(key, label, data.getlist)
        ]
        if not self.days[0].rows:
            self.days[0].add()
            self.days[0].rows[0].is_new = False

    def clean_first(self) -> date:
        day: date = self.cleaned_data["first"]
        validate_override_date(day, today=self.today)
        return day

    def clean_last(self) -> date | None:
        first: date | None = self.cleaned_data.get("first")
        last: date | None = self.cleaned_data["last"]
        if first and last:
            validate_override_dates(first, last)
        return last

    def check_days(self) -> bool:
        if self.cleaned_data.get("day_off") is not False:
            return True
        day = self.days[0]
        if day.check() and not day.hours:
            day.rows[0].error = str(_("Type the hours, or choose a day off."))
        return not self.row_errors

    @property
    def dates(self) -> list[date]:
        first: date = self.cleaned_data["first"]
        return list(dates_between(first, self.cleaned_data.get("last") or first))

    @property
    def hours(self) -> list[Hours]:
        return [] if self.cleaned_data["day_off"] else self.days[0].hours
