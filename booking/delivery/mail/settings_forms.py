"""The form for the emails of a calendar: who gets which, the reminders, the owner's own line."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.models import Party
from calendars.kit.fields import CheckedForm, style_inputs
from calendars.models import (
    MAX_REMINDER_DAYS,
    MAX_REMINDERS,
    Calendar,
    Occasion,
    validate_reminder,
)
from calendars.pages.forms import MINUTES_BY_UNIT, UNITS, in_units
from calendars.tabs.rows import align, merge_rows
from calendars.tabs.shown import changed_text, is_told, remember_shown, removed_text

# The fields of a calendar that list the wanted emails, by recipient.
MAX_DIGITS = 9
STORED_IN = {Party.CLIENT: "client_mails", Party.OWNER: "owner_mails"}


class NotificationsForm(CheckedForm):
    """A form with a box for each email, and a number and a unit for each reminder.

    An empty number means no reminder.
    """

    test_occasion = forms.ChoiceField(
        label=gettext_lazy("Email"), choices=Occasion, initial=Occasion.BOOKED, required=False
    )
    # The field is outside of the form element, in another card, so it names the form by its id.
    test_occasion.widget.attrs["form"] = "notifications"

    class Meta:
        model = Calendar
        fields = ["personal_line"]
        widgets = {"personal_line": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "personal_line": gettext_lazy(
                "Stands in every email to a client: how to find you, what to bring."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for party in Party:
            for occasion in Occasion:
                self._add_box(party, occasion)
        # More than that many may be stored, of a time when more were allowed.
        self.places = range(max(MAX_REMINDERS, len(self.instance.reminder_minutes)))
        for index in self.places:
            self._add_reminder(index)
        self.apart = frozenset(name for names in self.reminder_names for name in names)
        style_inputs(self)
        remember_shown(self)
        self.fields["test_occasion"].show_hidden_initial = False  # it is stored nowhere

    @property
    def mails(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the label of each occasion with its boxes."""
        return [
            (str(occasion.label), [self[box_name(party, occasion)] for party in Party])
            for occasion in Occasion
        ]

    @property
    def reminders(self) -> list[tuple[Any, Any]]:
        return [(self[number], self[unit]) for number, unit in self.reminder_names]

    @property
    def reminder_names(self) -> list[tuple[str, str]]:
        """Return the names of the two fields of each reminder, number and unit."""
        return [
            (f"reminder_minutes:{index}", f"reminder_minutes:{index}:unit") for index in self.places
        ]

    @property
    def changes(self) -> Any:
        """Return the values that were edited, by the names of the calendar's fields."""
        values = {
            "personal_line": self.cleaned_data["personal_line"],
            "reminder_minutes": self.cleaned_data["reminder_minutes"],
            **{name: self._chosen(party) for party, name in STORED_IN.items()},
        }
        fields = {name.split(":")[0] for name in self.changed_data}
        return {name: value for name, value in values.items() if name in fields}

    @property
    def typed(self) -> Calendar:
        """Return the calendar as it would be saved."""
        calendar: Calendar = self.instance
        for name, value in self.changes.items():
            setattr(calendar, name, value)
        return calendar

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        typed = [
            self._minutes(cleaned.get(number), cleaned.get(unit))
            for number, unit in self.reminder_names
        ]
        for index, (number, _unit) in enumerate(self.reminder_names):
            if (minutes := typed[index]) is not None:
                self._check_reminder(number, minutes, typed[:index])
        if not self.errors:
            cleaned["reminder_minutes"] = self._merged_reminders(typed)
        return cleaned

    def _merged_reminders(self, typed: list[int | None]) -> list[int]:
        """Return the reminders to be stored: what was changed here, and else what is stored."""
        stored, keys = self.instance.reminder_minutes, range(len(typed))
        drawn = dict(enumerate(stored))
        if is_told(self):
            shown = [self._minutes(number.shown, unit.shown) for number, unit in self.reminders]
            drawn = {key: minutes for key, minutes in enumerate(shown) if minutes is not None}
        places = [*drawn]
        now = {
            places[key] if key < len(places) else len(typed) + key: minutes
            for key, minutes in zip(align([*drawn.values()], stored), stored, strict=True)
        }
        rows = [(key, typed[key]) for key in keys]
        merged = merge_rows(drawn, [(key, each) for key, each in rows if each is not None], now)
        for key in merged.clashes:
            self._tell(key, now.get(key))
        chosen = sorted({*merged.kept.values(), *merged.new}, reverse=True)
        if len(chosen) > MAX_REMINDERS and chosen != stored:
            number, _unit = self.reminder_names[MAX_REMINDERS - 1]
            self.add_error(number, _("At most %(limit_value)s.") % {"limit_value": MAX_REMINDERS})
        return chosen

    def _tell(self, key: int, stored: int | None) -> None:
        """Tell that the reminder was changed here and elsewhere; None was removed there."""
        fields, text = self.reminders[key], removed_text()
        shown = in_units(stored) if stored else (None, "hours")
        for field, value in zip(fields, shown, strict=True):
            # The page shows from now on what is stored now.
            field.initial = value
            self.clashes |= {field.name}
        if stored:
            text = changed_text(" ".join(field.stored_text for field in fields))
        self.add_error(fields[0].name, text)

    @staticmethod
    def _minutes(number: Any, unit: Any) -> int | None:
        """Return the minutes of a number, as text or cleaned, and its unit, or None."""
        text = str(number or "")
        is_number = text.isascii() and text.isdecimal() and len(text) < MAX_DIGITS
        return int(text) * MINUTES_BY_UNIT[unit] if is_number and unit in MINUTES_BY_UNIT else None

    def _add_box(self, party: Party, occasion: Occasion) -> None:
        name = box_name(party, occasion)
        label = _("%(occasion)s: email to the client")
        if party == Party.OWNER:
            label = _("%(occasion)s: email to you")
        self.fields[name] = forms.BooleanField(
            label=label % {"occasion": occasion.label}, required=False
        )
        self.initial[name] = occasion in getattr(self.instance, STORED_IN[party])

    def _add_reminder(self, index: int) -> None:
        stored = self.instance.reminder_minutes
        (number, unit), place = self.reminder_names[index], {"place": index + 1}
        self.fields[number] = forms.IntegerField(
            label=_("Reminder %(place)s") % place,
            min_value=1,
            max_value=MAX_REMINDER_DAYS * MINUTES_BY_UNIT["days"],
            required=False,
            # The style sheet finds the fields that are empty by `:placeholder-shown`.
            widget=forms.NumberInput(attrs={"placeholder": " "}),
        )
        self.fields[unit] = forms.ChoiceField(
            label=_("Unit of reminder %(place)s") % place, choices=UNITS
        )
        minutes = stored[index] if index < len(stored) else None
        self.initial[number], self.initial[unit] = in_units(minutes) if minutes else (None, "hours")

    def _check_reminder(self, number: str, minutes: int, others: list[int | None]) -> None:
        try:
            validate_reminder(minutes)
        except ValidationError as error:
            self.add_error(number, error)
        else:
            if minutes in others:
                self.add_error(number, _("This reminder is there already."))

    def _chosen(self, party: Party) -> list[str]:
        """Return the occasions that are ticked. A box that was not changed counts as stored.

        Another tab may have saved since this page was rendered.
        """
        stored = getattr(self.instance, STORED_IN[party])
        names = {occasion: box_name(party, occasion) for occasion in Occasion}
        return [
            occasion.value
            for occasion, name in names.items()
            if (self.cleaned_data[name] if name in self.changed_data else occasion in stored)
        ]


def box_name(party: Party, occasion: Occasion) -> str:
    return f"{STORED_IN[party]}:{occasion}"
