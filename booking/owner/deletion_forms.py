from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from calendars.kit.fields import TakesTyped
from calendars.models import Calendar


class DeletionForm(TakesTyped, forms.Form):
    """A form that confirms the deletion of a calendar by its typed name."""

    name = forms.CharField(
        label=_("Name of the calendar"),
        help_text=_("Type it to delete the calendar."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "input"}),
    )

    def __init__(self, data: QueryDict | None = None, *, calendar: Calendar) -> None:
        super().__init__(data)
        self.calendar = calendar

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name != self.calendar.name:
            raise ValidationError(
                _("Type “%(name)s” to delete it."), params={"name": self.calendar.name}
            )
        return name
