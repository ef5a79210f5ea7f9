"""The forms of an owner's pages on bookings. They save nothing."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from booking.acts.book import Client
from booking.acts.limits import check_slot
from booking.acts.nonces import entry_nonce
from booking.fields import DateInput, InstantField, LinesField, TimeInput, validate_year
from booking.models import MAX_MESSAGE_LENGTH, Booking
from booking.owner.listing import BookingListState
from booking.owner.queries import BookingFilter
from booking.questions import answers_to, name_questions, question_field
from booking.times.rules import rules_for
from calendars.errors import TooOften
from calendars.kit.fields import TakesTyped, ZoneField, field_of, style_inputs
from calendars.kit.tokens import MAX_TOKEN_LENGTH
from calendars.kit.walltime import YEARS, first_instant, local_date
from calendars.models import Calendar, Owner
from calendars.throttling.throttle import count
from onetime_links.forms import MAX_KEY

OTHER_TIME = "other"
LOOK = "look"
MAX_SEQUENCE = 2**15 - 1


class BookingListForm(forms.Form):
    """A form that reads the state of the list from its address. Any part may be missing."""

    show = forms.ChoiceField(required=False, choices=BookingFilter)
    q = forms.CharField(required=False, max_length=200)
    calendar = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY)
    before = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY)
    after = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY)


def booking_list_state(query: QueryDict) -> BookingListState:
    """Return the state that the address gives; an invalid part counts as missing."""
    form = BookingListForm(query)
    form.is_valid()
    return BookingListState(**{name: value for name, value in form.cleaned_data.items() if value})


class StartForm(forms.Form):
    """A form that reads from the address how to begin another form. Any part may be missing."""

    day = forms.DateField(required=False, input_formats=["%Y-%m-%d"], validators=[validate_year])
    calendar = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY)
    again = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY)


@dataclass(frozen=True)
class Start:
    """How to begin a form: with a date, a calendar, or the client of an earlier booking.

    `calendar` and `again` are the keys of the calendar and of that booking.
    """

    day: dt.date | None = None
    calendar: int | None = None
    again: int | None = None


def start_of(query: QueryDict) -> Start:
    """Return the start that the address gives; an invalid part counts as missing."""
    form = StartForm(query)
    form.is_valid()
    return Start(**{name: value for name, value in form.cleaned_data.items() if value})


def message_field() -> LinesField:
    return LinesField(label=_("Message"), required=False, max_length=MAX_MESSAGE_LENGTH)


class ActForm(TakesTyped, forms.Form):
    """The form of an act that may come too late or too often, although the form itself is valid."""

    is_outrun = False
    is_too_often = False

    def count(self, owner: Owner) -> None:
        """Count the act against the limit of its owner, since it may email a client.

        Raises TooOften. Call it outside of transactions.
        """
        count(bookings_per_owner=str(owner.pk))

    def put_off(self, error: TooOften) -> None:
        """Mark a valid form as refused with 429; nothing that was typed is lost."""
        self.is_too_often = True
        self.add_error(None, str(error))

    def outrun(self, reason: str) -> None:
        """Mark a valid form as refused with 409, because something else happened first."""
        self.is_outrun = True
        self.add_error(None, reason)

    @property
    def status(self) -> int:
        """Return the HTTP status of the response that shows this form."""
        if self.is_too_often:
            return 429
        if self.is_outrun:
            return 409
        return 422 if self.errors else 200


class CancellationForm(ActForm):
    """A form that cancels a booking.

    `sequence` is the booking's when the page was made: one that was moved since is not cancelled.
    """

    sequence = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    message = message_field()

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        style_inputs(self)

    def clean(self) -> dict[str, Any]:
        if self.errors.pop("sequence", None):
            self.add_error(None, _("This page was out of date. Please confirm once more."))
        return super().clean() or {}


class SlotField(InstantField):
    """A field for one of the free times. Its value is None if another time is typed."""

    def clean(self, value: Any) -> Any:
        return None if value == OTHER_TIME else super().clean(value)


class TimeForm(ActForm):
    """A form for a time of a calendar: a free time of a date, or any other.

    The button `look` only asks for free times: those of its own date, or without one those of the
    typed date. The form then shows no errors, and keeps what was typed.
    """

    date = forms.DateField(
        label=_("Date"),
        input_formats=["%Y-%m-%d"],
        widget=DateInput(),
        validators=[validate_year],
    )
    slot = SlotField(label=_("Time"), required=False)
    time = forms.TimeField(
        label=_("Other time"),
        required=False,
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=TimeInput(),
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        calendar: Calendar,
        now: dt.datetime,
        moving: Booking | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        if data is not None and (day := data.get(LOOK)):
            data = data.copy()
            data["date"] = str(day)
        super().__init__(data, initial=initial)
        self.calendar, self.now = calendar, now
        self.rules = rules_for(calendar, booking=moving)
        # Without a maximum, browsers let people type a year of six digits.
        self.fields["date"].widget.attrs["max"] = f"{YEARS[-1]}-12-31"
        style_inputs(self)

    def take_typed(self, typed: QueryDict) -> None:
        """Show what was typed as the button `look` does, with the free times of its date."""
        self.data, self.is_bound, self.holds_typed = typed.copy(), True, True
        self.data[LOOK] = ""  # the form is not ready, and no view takes it
        self.full_clean()
        self._errors = ErrorDict()

    @property
    def is_ready(self) -> bool:
        """Return whether the form is valid and was not sent only to look."""
        is_valid = self.is_valid()
        if LOOK in self.data:
            self._errors = ErrorDict()
            return False
        return is_valid

    @property
    def day(self) -> dt.date | None:
        """Return the date if it is valid, whatever else is wrong with the form."""
        if not self.is_bound:
            return self.initial.get("date")
        day: dt.date | None = self.cleaned_data.get("date")
        return day

    @property
    def starts_at(self) -> dt.datetime | None:
        slot: dt.datetime | None = self._said("slot")
        if slot or self.wall is None:
            return slot
        return first_instant(self.wall, self.calendar.zone)

    @property
    def instant(self) -> dt.datetime:
        """Return the time of a form that is ready."""
        if self.starts_at is None:
            raise RuntimeError("The form must be ready.")
        return self.starts_at

    @property
    def wall(self) -> dt.datetime | None:
        """Return the wall time that was typed, or None if a free time was chosen."""
        day, at = self._said("date"), self._said("time")
        if not day or at is None or self._said("slot"):
            return None
        return dt.datetime.combine(day, at.replace(second=0))

    @property
    def chosen(self) -> str:
        """Return the value of the chosen radio button: a free time, or OTHER_TIME."""
        return str(self.data.get("slot", ""))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        day, slot = cleaned.get("date"), cleaned.get("slot")
        if slot and day and local_date(slot, self.calendar.zone) != day:
            self.add_error("slot", _("These are the free times of the new date: choose one."))
        elif self.starts_at is None and not self.errors:
            self.add_error("slot", _("Choose a free time, or type another one."))
        elif self.starts_at:
            try:
                check_slot(self.starts_at, self.rules, now=self.now)
            except ValidationError as error:
                self.add_error("slot" if slot else "time", error.messages)
        return cleaned

    def _said(self, name: str) -> Any:  # the type depends on the field
        return self.cleaned_data.get(name) if self.is_bound else None


class RescheduleForm(TimeForm):
    """A form that moves a booking.

    `sequence` is the booking's when the page was made: a change made since is not overwritten.
    """

    sequence = forms.IntegerField(min_value=0, max_value=MAX_SEQUENCE, widget=forms.HiddenInput)
    message = message_field()

    def __init__(
        self, data: QueryDict | None = None, /, *, booking: Booking, **kwargs: Any
    ) -> None:
        super().__init__(data, calendar=booking.calendar, moving=booking, **kwargs)
        self.booking = booking

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        # If the form was sent twice, the first request has moved the booking here: no error then.
        is_fresh = cleaned.get("sequence") == self.booking.sequence
        if is_fresh and self.starts_at == self.booking.starts_at:
            name = "slot" if cleaned.get("slot") else "time"
            self.add_error(name, _("It is at this time already."))
        return cleaned

    @property
    def facts(self) -> dict[str, Any]:
        return {"slot": self.instant} | {
            name: self.cleaned_data[name] for name in ("sequence", "message")
        }


class EntryForm(TimeForm):
    """A form for a booking that the owner enters. Only the time and the client's name are needed.

    `token` is made with the page: if the form is sent twice for one time, it makes one booking.
    """

    name = field_of(
        Booking,
        "client_name",
        label=pgettext_lazy("of a person", "Name"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = field_of(
        Booking,
        "client_email",
        label=_("Email"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    time_zone = ZoneField(label=_("Client’s time zone"))
    token = forms.CharField(max_length=MAX_TOKEN_LENGTH, widget=forms.HiddenInput)

    def __init__(
        self, data: QueryDict | None = None, /, *, calendar: Calendar, **kwargs: Any
    ) -> None:
        super().__init__(data, calendar=calendar, **kwargs)
        self.questions = name_questions(calendar.questions)
        for name, question in self.questions.items():
            self.fields[name] = question_field({**question, "required": False})
        style_inputs(self)

    @property
    def asked(self) -> list[forms.BoundField]:
        """Return the fields of the calendar's questions."""
        return [self[name] for name in self.questions]

    def facts(self, *, language: str) -> dict[str, Any]:
        client = Client(
            name=self.cleaned_data["name"],
            email=self.cleaned_data["email"],
            time_zone=self.cleaned_data["time_zone"],
            language=language,
            answers=answers_to(self.questions, self.cleaned_data),
        )
        token = self.cleaned_data["token"]
        nonce = entry_nonce(token, calendar=self.calendar, slot=self.instant)
        return {"slot": self.instant, "client": client, "nonce": nonce}


class CalendarForm(forms.Form):
    """A form for the owner's calendar for which a booking is entered."""

    calendar = forms.TypedChoiceField(label=_("Calendar"), coerce=int)

    def __init__(self, data: Mapping[str, Any], *, calendars: Sequence[Calendar]) -> None:
        super().__init__(data)
        self.calendars = {calendar.pk: calendar for calendar in calendars}
        choices = [(calendar.pk, calendar.name) for calendar in calendars]
        self.fields["calendar"].choices = choices  # type: ignore[attr-defined]
        style_inputs(self)

    @property
    def chosen(self) -> Calendar:
        """Return the chosen calendar, or the first one if none is chosen or it is gone."""
        if self.is_valid():
            return self.calendars[self.cleaned_data["calendar"]]
        return next(iter(self.calendars.values()))
