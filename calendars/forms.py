from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from calendars.fields import CheckedForm, ZoneField, remember_shown
from calendars.models import MAX_NOTICE_MINUTES, Calendar, Colour

MINUTES_BY_UNIT = {"minutes": 1, "hours": 60, "days": 24 * 60}


class NewCalendarForm(CheckedForm):
    time_zone = ZoneField(help_text=_("Your hours are read in this zone."))

    class Meta:
        model = Calendar
        fields = ["name", "duration_minutes", "time_zone", "slug"]
        widgets = {"name": forms.TextInput(attrs={"autofocus": True})}
        help_texts = {"slug": _("Leave it empty to have it made from the name.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = False


class MeetingDetailsForm(CheckedForm):
    class Meta:
        model = Calendar
        fields = ["name", "slug", "description", "location", "colour"]
        widgets = {
            "slug": forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
            "description": forms.Textarea(attrs={"rows": 4}),
            "colour": forms.RadioSelect(choices=Colour),
        }
        help_texts = {"slug": _("The old address goes on leading here.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        remember_shown(self)


class BookingRulesForm(CheckedForm):
    notice = forms.IntegerField(
        label=_("Minimum notice"),
        min_value=0,
        max_value=MAX_NOTICE_MINUTES,
        help_text=_("Clients book at least this long ahead."),
    )
    notice_unit = forms.ChoiceField(
        label=_("Unit of the minimum notice"),
        choices=[("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days"))],
    )

    class Meta:
        model = Calendar
        fields = [
            "duration_minutes",
            "slot_interval_minutes",
            "buffer_before_minutes",
            "buffer_after_minutes",
            "booking_window_days",
            "daily_cap",
        ]
        help_texts = {
            "duration_minutes": _("How long a booking lasts."),
            "slot_interval_minutes": _("From one start to the next. Empty: the duration."),
            "buffer_before_minutes": _("Kept free before a booking."),
            "buffer_after_minutes": _("Kept free after a booking."),
            "booking_window_days": _("Clients can book up to this many days from today."),
            "daily_cap": _("Bookings on one date. Empty: no limit."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        minutes = self.instance.minimum_notice_minutes
        unit = next(
            unit for unit in ("days", "hours", "minutes") if minutes % MINUTES_BY_UNIT[unit] == 0
        )
        unit = unit if minutes else "hours"
        self.initial["notice"] = minutes // MINUTES_BY_UNIT[unit]
        self.initial["notice_unit"] = unit
        remember_shown(self)

    @property
    def changes(self) -> Any:
        names = {
            "minimum_notice_minutes" if name in {"notice", "notice_unit"} else name
            for name in self.changed_data
        }
        return {name: self.cleaned_data[name] for name in names}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "notice" in cleaned and "notice_unit" in cleaned:
            minutes = cleaned.pop("notice") * MINUTES_BY_UNIT[cleaned.pop("notice_unit")]
            if minutes > MAX_NOTICE_MINUTES:
                self.add_error(
                    "notice",
                    _("At most %d days.") % (MAX_NOTICE_MINUTES // MINUTES_BY_UNIT["days"]),
                )
            cleaned["minimum_notice_minutes"] = minutes
        return cleaned
