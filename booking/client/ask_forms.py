from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from booking.fields import LinesField
from calendars.kit.fields import field_of
from onetime_links.models import MAX_WORD_LENGTH, LinkRequest


class AskForm(forms.Form):
    """A form by which a client asks for a new link."""

    name = field_of(
        LinkRequest,
        "client_name",
        label=pgettext_lazy("of a person", "Name"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    word = LinesField(label=_("Message"), required=False, max_length=MAX_WORD_LENGTH)

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="%s")
