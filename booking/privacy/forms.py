from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.models import Booking
from calendars.kit.fields import TakesTyped, field_of, style_inputs


class ClientForm(TakesTyped, forms.Form):
    """A form that says which client is meant."""

    email = field_of(Booking, "client_email", label=_("Client’s email"), required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        style_inputs(self)
        self.fields["email"].widget.attrs["autocomplete"] = "off"


class ExportForm(ClientForm):
    format = forms.ChoiceField(choices=[("json", "JSON"), ("csv", "CSV")])


class ErasureForm(ClientForm):
    clear_notes = forms.BooleanField(required=False)
