from copy import copy
from typing import Any

from django import forms
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from calendars.kit.validators import validate_zone
from calendars.kit.zones import find_zone, zone_groups

ERRORS = {
    "required": _("Fill this in."),
    "min_value": _("At least %(limit_value)s."),
    "max_value": _("At most %(limit_value)s."),
}


def field_of(model: type[Model], name: str, **options: Any) -> Any:  # the kinds differ by field
    """Return the form field of the model's field `name`, with its validators.

    For forms that are not of one model: they refuse what an act refuses, in the same words.
    """
    stored: Any = model._meta.get_field(name)
    field = stored.formfield(**options)
    own = [each for each in stored.validators if each not in field.validators]
    field.validators = [*field.validators, *own]
    return field


def row_number(text: str) -> int | None:
    """What a button says of which row it is for. Python reads no number of thousands of digits."""
    return int(text) if len(text) < 4 and text.isascii() and text.isdecimal() else None


def style_inputs(form: forms.BaseForm) -> None:
    """Gives a form's fields our look and our words."""
    for field in form.fields.values():
        field.error_messages |= ERRORS
        if not isinstance(field.widget, (forms.CheckboxInput, forms.RadioSelect)):
            field.widget.attrs.setdefault("class", "input")
        if type(field.widget) in {forms.TextInput, forms.Textarea}:
            field.widget.attrs.setdefault("dir", "auto")


def remember_shown(form: forms.BaseForm) -> None:
    """Has the page of a form tell what it showed: a tab that was open while another one saved
    then changes only what was typed over in it. Sent without that, a form is compared with what
    is stored."""
    for field in form:
        told = field.html_initial_name in form.data
        field.field.show_hidden_initial = told or not form.is_bound


class ShownField(forms.BoundField):
    @property
    def shown_input(self) -> str:
        """For a template that renders a field in parts: Django adds it only to a whole one."""
        return self.as_hidden(only_initial=True) if self.field.show_hidden_initial else ""


class CheckedForm(forms.ModelForm):  # type: ignore[type-arg]  # only subscriptable to mypy
    """Checks fields of a model in our look. Saves nothing: plain functions do that."""

    bound_field_class = ShownField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # A copy: what is typed and refused must not show elsewhere on the page.
        if kwargs.get("instance"):
            kwargs["instance"] = copy(kwargs["instance"])
        super().__init__(*args, **kwargs)
        style_inputs(self)

    @property
    def changes(self) -> Any:
        """What was typed over, by the names of the model's fields."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    def validate_unique(self) -> None:
        """Left to the database: another request may come between check and use."""


class ZoneField(forms.CharField):
    """A select of zones that takes the name of any other one too, such as an old name."""

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
