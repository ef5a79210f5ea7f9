from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from booking.acts.book import Client
from booking.fields import YEARS, InstantField
from booking.questions import answers_to, name_questions, question_field
from calendars.kit.languages import find_customs
from calendars.kit.validators import validate_mailable, validate_plain_text
from calendars.kit.zones import search_zone


class ZoneField(forms.CharField):
    """A zone by its name or its city; becomes a ZoneInfo."""

    default_error_messages = {
        "zone": _("There is no time zone called “%(name)s”. Try a large city near you.")
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        zone = search_zone(text)
        if zone is None:
            raise ValidationError(self.error_messages["zone"], code="zone", params={"name": text})
        return zone


class PageForm(forms.Form):
    """The state of a booking page, as its address carries it. Every part may be missing."""

    tz = ZoneField(required=False)
    month = forms.DateField(required=False, input_formats=["%Y-%m"])
    day = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    at = InstantField(required=False)
    clock = forms.ChoiceField(required=False, choices=[("12", "12h"), ("24", "24h")])
    lang = forms.CharField(required=False)
    change = forms.ChoiceField(required=False, choices=[("zone", "zone")])
    # Whether the client chose the zone, and not a script that found it out.
    chosen = forms.BooleanField(required=False)

    def __init__(self, data: Mapping[str, str]) -> None:
        # Only what the address speaks of: fields are copied and cleaned for every page.
        known = type(self).base_fields.items()
        # The stubs know it of the class alone.
        self.base_fields = {name: field for name, field in known if name in data}  # type: ignore[misc]
        super().__init__(data)

    def value(self, name: str) -> Any:  # the kinds differ by field
        """What the address says of `name`, or None where it says nothing or nonsense."""
        self.is_valid()
        return self.cleaned_data.get(name) or None

    def kept(self, *names: str) -> dict[str, str]:
        """What the address says of `names`, for every other address of the same visit.

        The cookies say it too, but a frame on another site has none.
        """
        return {name: str(self.value(name)) for name in names if self.value(name)}

    def clean_lang(self) -> str:
        """Empty where it is not spoken here: then another is, as if none had been asked for."""
        tag: str = self.cleaned_data["lang"]
        return tag if find_customs(tag) else ""

    @property
    def zone(self) -> ZoneInfo | None:
        zone: ZoneInfo | None = self.value("tz")
        return zone

    @property
    def month_start(self) -> date | None:
        """The first of the month asked for, by `month` or else by `day`."""
        asked: date | None = self.value("month") or self.value("day")
        return asked.replace(day=1) if asked and asked.year in YEARS else None


class SlotForm(forms.Form):
    """What a client fills in for the slot that they have chosen."""

    at = InstantField(widget=forms.HiddenInput)
    # After a refusal: the other slot that the client would rather have.
    choose = InstantField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="%s", **kwargs)

    @property
    def slot(self) -> datetime | None:
        """The slot that was posted, whatever else is wrong with the form."""
        self.is_valid()
        return self.cleaned_data.get("choose") or self.cleaned_data.get("at")

    @property
    def chooses(self) -> bool:
        """Whether the client wants another slot first, and confirms later."""
        self.is_valid()
        return bool(self.cleaned_data.get("choose"))

    def as_typed(self, **options: Any) -> Self:
        """The same words in a form that has not been checked yet."""
        return type(self)(initial={name: self.data.get(name) for name in self.fields}, **options)


class BookingForm(SlotForm):
    """What a client fills in: name, email, and the answers to the calendar's questions."""

    name = forms.CharField(
        label=pgettext_lazy("of a person", "Name"),
        max_length=100,
        validators=[validate_plain_text],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Email"),
        max_length=254,
        # Within quotes Django takes control characters, and in the domain what turns text around.
        validators=[validate_plain_text, validate_mailable],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    nonce = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    # A field that nobody sees: only a bot, which fills in whatever there is, fills it in.
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
