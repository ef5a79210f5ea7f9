from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from booking.fields import LinesField
from calendars.kit.validators import validate_plain_text
from onetime_links.models import MAX_WORD_LENGTH


class AskForm(forms.Form):
    """Who asks for a new link."""

    name = forms.CharField(
        label=pgettext_lazy("of a person", "Name"),
        max_length=100,
        validators=[validate_plain_text],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    word = LinesField(label=_("Message"), required=False, max_length=MAX_WORD_LENGTH)

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="%s")
