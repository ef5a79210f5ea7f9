"""The forms by which clients change their bookings."""

from typing import Any, Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from booking.client.forms import SlotForm
from booking.fields import LinesField
from booking.models import MAX_MESSAGE_LENGTH


class ChangeForm(forms.Form):
    message = LinesField(label=_("Message"), required=False, max_length=MAX_MESSAGE_LENGTH)
    # The sequence of the booking that the page showed: another tab may have changed it since.
    sequence = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    @property
    def is_dated(self) -> bool:
        """Return whether the form says which state of the booking it is about."""
        return "sequence" not in self.errors

    @property
    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("message", "sequence")}


class RescheduleForm(ChangeForm, SlotForm):
    def __init__(self, data: QueryDict | None = None, *, owner: str, **options: Any) -> None:
        super().__init__(data, **options)
        self.owner = owner
        self.fields["message"].label = _("Message to %(owner)s") % {"owner": owner}

    def as_typed(self, **options: Any) -> Self:
        return super().as_typed(owner=self.owner, **options)


class CancellationForm(ChangeForm):
    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="%s")
        self.fields["message"].label = _("Reason")
