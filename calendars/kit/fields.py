from copy import copy
from typing import Any

from django import forms
from django.db.models import Model
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from calendars.kit.validators import validate_zone
from calendars.kit.zones import find_zone, zone_groups
from calendars.tabs.shown import ShownForm

ERRORS = {
    "required": _("Fill this in."),
    "min_value": _("At least %(limit_value)s."),
    "max_value": _("At most %(limit_value)s."),
}


def field_of(model: type[Model], name: str, **options: Any) -> Any:  # the kinds differ by field
    """Return the form field of the model's field `name`, with its validators.

    Forms that are not ModelForms use it to refuse what an act refuses, with the same message.
    """
    stored: Any = model._meta.get_field(name)
    field = stored.formfield(**options)
    own = [each for each in stored.validators if each not in field.validators]
    field.validators = [*field.validators, *own]
    return field


def row_number(text: str) -> int | None:
    """Return the row number that a button sends, or None if it is not one of at most 3 digits.

    Python refuses to convert a number of thousands of digits, which anybody could send.
    """
    return int(text) if len(text) < 4 and text.isascii() and text.isdecimal() else None


def style_inputs(form: forms.BaseForm) -> None:
    """Give the fields of a form our CSS class, our error messages and a text direction."""
    for field in form.fields.values():
        field.error_messages |= ERRORS
        if not isinstance(field.widget, (forms.CheckboxInput, forms.RadioSelect)):
            field.widget.attrs.setdefault("class", "input")
        if type(field.widget) in {forms.TextInput, forms.Textarea}:
            field.widget.attrs.setdefault("dir", "auto")


class TakesTyped(forms.BaseForm):
    """A mixin for an owner's form: it can show again what was typed into it, as not saved yet.

    The form stays unbound, so it is neither judged nor valid, and no view saves it.
    """

    holds_typed = False

    def take_typed(self, typed: QueryDict) -> None:
        for field in self:
            widget, name = field.field.widget, field.html_name
            if not widget.value_omitted_from_data(typed, {}, name):
                self.initial[field.name] = widget.value_from_datadict(typed, {}, name)
        self.data = typed  # holds the initial values of the first page: see `remember_shown`
        self.holds_typed = True


class CheckedForm(ShownForm, TakesTyped, forms.ModelForm):  # type: ignore[type-arg]  # only subscriptable to mypy
    """A ModelForm that only checks, in our look. Acts save."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The form writes what was typed into its instance, even when it refuses it. A copy keeps
        # that out of the rest of the page.
        if kwargs.get("instance"):
            kwargs["instance"] = copy(kwargs["instance"])
        super().__init__(*args, **kwargs)
        style_inputs(self)

    @property
    def changes(self) -> Any:
        """The cleaned values of the fields that were edited, by the names of the model's fields."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    def validate_unique(self) -> None:
        """Check nothing: between a check here and the save another request may take the value.

        The database's constraint decides.
        """


class ZoneField(forms.CharField):
    """A select of time zones that also accepts names it does not list, such as old ones."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Time zone"))
        options.setdefault("validators", [validate_zone])
        super().__init__(max_length=64, **options)
        self.widget = ZoneSelect(attrs={"autocomplete": "off"})


class ZoneSelect(forms.Select):
    def optgroups(
        self, name: str, value: list[str], attrs: dict[str, Any] | None = None
    ) -> list[tuple[str | None, list[dict[str, Any]], int | None]]:
        name_now = value[0] if value else ""
        groups = zone_groups(also=name_now)
        self.choices = groups if find_zone(name_now) else [("", _("Choose …")), *groups]
        return super().optgroups(name, value, attrs)
