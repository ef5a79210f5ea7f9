"""The forms of the Availability section.

Their buttons that edit rows send the whole form and get it back changed, so that they work with
and without a script.
"""

import math
import re
from collections.abc import Iterable
from datetime import date

from django import forms
from django.db.models import Max
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calendars.hours import override_ranges, weekly_ranges
from calendars.kit.datetext import date_text
from calendars.kit.fields import TakesTyped, ZoneField, row_number, style_inputs
from calendars.models import Calendar, DateOverride, Weekday
from calendars.pages.ranges import RangeRows, hours_text
from calendars.rules import validate_override_date, validate_override_dates
from calendars.schedule import MAX_RANGES, Hours, dates_between
from calendars.tabs.rows import Merged
from calendars.tabs.shown import (
    ShownForm,
    changed_text,
    is_told,
    remember_shown,
    removed_text,
)

EDITS = ("add", "remove", "copy")


class RangesForm(ShownForm, TakesTyped, forms.Form):
    """A form with `days`, each of which holds the ranges of one day.

    `stored` are the ranges of each day as they are now, by the ids of their rows. A valid form has
    `merged`: what shall be stored of each day.
    """

    days: list[RangeRows]
    data: QueryDict
    stored: dict[str, dict[int, Hours]]
    merged: dict[str, Merged[int, Hours]]

    def edit(self) -> bool:
        """Do what the pressed button says if it edits rows, and return whether it does."""
        for name in EDITS:
            if name in self.data:
                getattr(self, f"_{name}")(self.data[name])
                self._errors = ErrorDict()  # what is still being typed is not judged yet
                return True
        return False

    def take_typed(self, typed: QueryDict) -> None:
        super().take_typed(typed)
        self.days = [self._typed_day(day.key, day.label) for day in self.days]

    def is_valid(self) -> bool:
        fields_are_valid = super().is_valid()
        return self.check_days() and self.merge_days() and fields_are_valid

    def check_days(self) -> bool:
        # A list, because `all` would stop at the first wrong day, and each shows its own errors.
        checked = [day.check() for day in self.days]
        return all(checked)

    def merge_days(self) -> bool:
        """Merge every day with what is stored by now, and return whether nothing clashes."""
        self.merged = {}
        for day in self.days:
            now = self.stored.get(day.key, {})
            merged = self.merged[day.key] = day.merge(now, is_told=self.is_drawn)
            if len(merged) > max(MAX_RANGES, len(now)):
                day.rows[-1].error = gettext("At most %(limit_value)s.") % {
                    "limit_value": MAX_RANGES
                }
        return not self.row_errors

    @property
    def is_drawn(self) -> bool:
        """Whether the page told what it showed."""
        return is_told(self)

    @property
    def kept(self) -> dict[int, Hours]:
        return {key: hours for merged in self.merged.values() for key, hours in merged.kept.items()}

    @property
    def row_errors(self) -> list[tuple[str, str, str]]:
        """For every wrong row: the id of its first input, its day's label and its error."""
        return [
            (f"id_{day.key}-{index}-start", day.label, row.error)
            for day in self.days
            for index, row in enumerate(day.rows)
            if row.error
        ]

    def _day_of(self, key: str, label: str) -> RangeRows:
        """Return a day as it was sent, or as it is stored if nothing was sent."""
        if not self.is_bound:
            return RangeRows.stored(key, label, self.stored.get(key, {}))
        return self._typed_day(key, label)

    def _typed_day(self, key: str, label: str) -> RangeRows:
        most = max(MAX_RANGES, len(self.stored.get(key, {})))
        return RangeRows.typed(key, label, self.data.getlist, most=most)

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
        remember_shown(self)
        self.stored = {str(day): ranges for day, ranges in weekly_ranges(calendar).items()}
        self.days = [self._day_of(str(day.value), str(day.label)) for day in Weekday]

    @property
    def weekly(self) -> dict[int, list[Hours]]:
        """Return the new ranges of each weekday."""
        return {int(key): merged.new for key, merged in self.merged.items()}


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
        calendar: Calendar,
        today: date,
        day: date | None = None,
        existing: DateOverride | None = None,
    ) -> None:
        """Make the form; `day` and `existing` are those of the override to change.

        An override with a `day` that does not exist was removed elsewhere meanwhile.
        """
        self.stored = {"hours": override_ranges(existing)} if existing else {"hours": {}}
        day_off = "no" if self.stored["hours"] else "yes"
        super().__init__(data, initial={"first": day, "day_off": day_off})
        self.calendar, self.today, self.existing = calendar, today, existing
        self.is_gone = day is not None and existing is None
        self.knows_gone = "known_gone" in self.data
        self.is_done = False
        style_inputs(self)
        for name in ("first", "last"):
            self.fields[name].widget.attrs["min"] = today.isoformat()
        if day:
            del self.fields["last"]
        remember_shown(self)
        # It is compared below, together with the hours.
        self.fields["day_off"].show_hidden_initial = False
        self.newest = self.data.get("newest", "") or self._newest()
        self.days = [self._day_of("hours", str(_("Hours")))]
        if not self.days[0].rows:
            self.days[0].add()
            self.days[0].rows[0].is_new = False

    def take_typed(self, typed: QueryDict) -> None:
        super().take_typed(typed)
        self.newest = typed.get("newest", "") or self.newest

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

    def merge_days(self) -> bool:
        if "day_off" not in self.cleaned_data:
            return False
        [day], [now] = self.days, self.stored.values()
        drawn = day.drawn if self.is_drawn else now
        if self.cleaned_data["day_off"]:
            self.merged = {day.key: Merged({} if drawn else dict(now))}
            is_clash = any(drawn and drawn.get(key) != hours for key, hours in now.items())
        else:
            super().merge_days()
            is_clash = bool(drawn and not now and self.hours)
        if is_clash:
            # It is a day off here, and elsewhere a day with other hours, or the opposite.
            self.add_error("day_off", changed_text(day_text(now.values())))
            day.redraw(now)
        elif not self.errors and not self.row_errors:
            self._check_dates()
        return not self.errors and not self.row_errors

    def _check_dates(self) -> None:
        """Refuse to bring back, or to replace, what the owner cannot know of."""
        wanted = sorted([*self.kept.values(), *self.hours])
        own = self.existing.pk if self.existing else 0
        overrides = self.calendar.date_overrides.exclude(pk=own).filter(date__in=self.dates)
        there = {each: hours_of(each) for each in overrides.prefetch_related("hours")}
        # The form that moved it was sent twice.
        self.is_done = self.is_gone and [wanted] == list(there.values())
        if self.is_gone and not (self.is_done or self.knows_gone):
            self.knows_gone = True
            self.add_error(None, removed_text())
        known = int(self.newest) if re.fullmatch("[0-9]{1,18}", self.newest) else math.inf
        unknown = [each for each in there if each.pk > known and there[each] != wanted]
        if unknown:
            self.newest = self._newest()
            self.add_error("first", changed_text("; ".join(map(override_text, unknown))))

    @property
    def is_drawn(self) -> bool:
        # What was removed elsewhere and is wanted here is made anew, all of it.
        return super().is_drawn and not self.is_gone

    def _newest(self) -> str:
        """Return the key of the calendar's newest override, which the page tells."""
        newest = self.calendar.date_overrides.aggregate(newest=Max("pk"))["newest"]
        return str(newest or 0)

    @property
    def dates(self) -> list[date]:
        first: date = self.cleaned_data["first"]
        return list(dates_between(first, self.cleaned_data.get("last") or first))

    @property
    def hours(self) -> list[Hours]:
        """Return the new ranges."""
        return self.merged["hours"].new


def hours_of(override: DateOverride) -> list[Hours]:
    return sorted(Hours(each.start_minute, each.end_minute) for each in override.hours.all())


def override_text(override: DateOverride) -> str:
    """Return the date and its hours in words."""
    return f"{date_text(override.date, 'yMMMd')}: {day_text(hours_of(override))}"


def day_text(hours: Iterable[Hours]) -> str:
    """Return the hours of a date in words."""
    return ", ".join(map(hours_text, sorted(hours))) or gettext("Day off")
