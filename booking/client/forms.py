from datetime import datetime
from typing import Any, Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from booking.acts.book import Client
from booking.fields import InstantField
from booking.models import Booking
from booking.questions import answers_to, name_questions, question_field
from calendars.kit.fields import field_of


class SlotForm(forms.Form):
    """A form for the slot that a client has chosen."""

    at = InstantField(widget=forms.HiddenInput)
    # The slot that the client chooses instead, if the first one was taken.
    choose = InstantField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="%s", **kwargs)

    @property
    def slot(self) -> datetime | None:
        """Return the slot that was posted, whatever else is wrong with the form."""
        self.is_valid()
        return self.cleaned_data.get("choose") or self.cleaned_data.get("at")

    @property
    def chooses(self) -> bool:
        """Return whether the client only chooses another slot, and will confirm it later."""
        self.is_valid()
        return bool(self.cleaned_data.get("choose"))

    def as_typed(self, **options: Any) -> Self:
        """Return an unbound form with what was typed, which shows no errors yet."""
        return type(self)(initial={name: self.data.get(name) for name in self.fields}, **options)


class BookingForm(SlotForm):
    """A form for the client's name, email, and answers to the calendar's questions."""

    name = field_of(
        Booking,
        "client_name",
        label=pgettext_lazy("of a person", "Name"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = field_of(
        Booking,
        "client_email",
        label=_("Email"),
        required=True,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    nonce = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    # The name of a field that people do not see, so that only bots fill it in.
    trap = "message"

    def __init__(
        self, data: QueryDict | None = None, *, questions: list[dict[str, Any]], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.questions = name_questions(questions)
        for name, question in self.questions.items():
            self.fields[name] = question_field(question)

    @property
    def is_trapped(self) -> bool:
        return bool(self.data.get(self.trap))

    def as_typed(self, **options: Any) -> Self:
        return super().as_typed(questions=list(self.questions.values()), **options)

    def answers(self) -> list[dict[str, str | bool]]:
        return answers_to(self.questions, self.cleaned_data)

    def client(self, *, time_zone: str, language: str) -> Client:
        return Client(
            name=self.cleaned_data["name"],
            email=self.cleaned_data["email"],
            time_zone=time_zone,
            language=language,
            answers=self.answers(),
        )
