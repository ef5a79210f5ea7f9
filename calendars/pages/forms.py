from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from calendars.kit.fields import CheckedForm, ZoneField
from calendars.models import MAX_NOTICE_MINUTES, Calendar, Colour
from calendars.tabs.shown import remember_shown

MINUTES_BY_UNIT = {"minutes": 1, "hours": 60, "days": 24 * 60}
UNITS = [("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days"))]

# Fields of the form that are typed as a number and a unit, and the model's fields that store them.
NOTICES = {"notice": "minimum_notice_minutes", "change_notice": "change_notice_minutes"}


def in_units(minutes: int) -> tuple[int, str]:
    """Return (number, unit) in the largest unit that divides `minutes` without a remainder."""
    whole = (unit for unit in ("days", "hours") if minutes % MINUTES_BY_UNIT[unit] == 0)
    unit = next(whole, "minutes")
    return minutes // MINUTES_BY_UNIT[unit], unit


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


def notice_field(**options: Any) -> forms.IntegerField:
    return forms.IntegerField(min_value=0, max_value=MAX_NOTICE_MINUTES, **options)


class BookingRulesForm(CheckedForm):
    together = (("notice", "notice_unit"), ("change_notice", "change_notice_unit"))

    notice = notice_field(
        label=_("Minimum notice"), help_text=_("Clients book at least this long ahead.")
    )
    notice_unit = forms.ChoiceField(label=_("Unit of the minimum notice"), choices=UNITS)
    change_notice = notice_field(
        label=_("Notice for changes"),
        help_text=_("Clients reschedule or cancel at least this long ahead."),
    )
    change_notice_unit = forms.ChoiceField(label=_("Unit of the notice for changes"), choices=UNITS)

    class Meta:
        model = Calendar
        fields = [
            "duration_minutes",
            "slot_interval_minutes",
            "buffer_before_minutes",
            "buffer_after_minutes",
            "booking_window_days",
            "daily_cap",
            "client_may_reschedule",
            "client_may_cancel",
            "max_reschedules",
        ]
        labels = {"max_reschedules": _("Reschedules at most")}
        help_texts = {
            "duration_minutes": _("How long a booking lasts."),
            "slot_interval_minutes": _("From one start to the next. Empty: the duration."),
            "buffer_before_minutes": _("Kept free before a booking."),
            "buffer_after_minutes": _("Kept free after a booking."),
            "booking_window_days": _("Clients can book up to this many days from today."),
            "daily_cap": _("Bookings on one date. Empty: no limit."),
            "max_reschedules": _("By the client, of one booking. Empty: no limit."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, stored in NOTICES.items():
            minutes = getattr(self.instance, stored)
            number, unit = in_units(minutes) if minutes else (0, "hours")
            self.initial[name], self.initial[f"{name}_unit"] = number, unit
        remember_shown(self)

    @property
    def changes(self) -> Any:
        names = {NOTICES.get(name.removesuffix("_unit"), name) for name in self.changed_data}
        return {name: self.cleaned_data[name] for name in names}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, stored in NOTICES.items():
            if name in cleaned and f"{name}_unit" in cleaned:
                minutes = cleaned.pop(name) * MINUTES_BY_UNIT[cleaned.pop(f"{name}_unit")]
                if minutes > MAX_NOTICE_MINUTES:
                    days = MAX_NOTICE_MINUTES // MINUTES_BY_UNIT["days"]
                    self.add_error(name, _("At most %d days.") % days)
                cleaned[stored] = minutes
        return cleaned
