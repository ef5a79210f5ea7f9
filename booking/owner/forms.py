"""What an owner says of bookings. These forms save nothing."""

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
from booking.fields import DateInput, InstantField, LinesField, TimeInput
from booking.models import MAX_MESSAGE_LENGTH, Booking
from booking.owner.listing import BookingListState
from booking.owner.queries import BookingFilter
from booking.questions import answers_to, name_questions, question_field
from booking.times.rules import rules_for
from calendars.kit.fields import ZoneField, field_of, style_inputs
from calendars.kit.tokens import MAX_TOKEN_LENGTH
from calendars.kit.walltime import YEARS, first_instant, local_date
from calendars.models import Calendar
from onetime_links.forms import MAX_KEY

OTHER_TIME = "other"
LOOK = "look"
MAX_SEQUENCE = 2**15 - 1


def validate_year(day: dt.date) -> None:
    if day.year not in YEARS:
        raise ValidationError(_("Choose a date in this century or the next."))


class BookingListForm(forms.Form):
    """The state of the list of bookings, as its address carries it. Every part may be missing."""

    show = forms.ChoiceField(required=False, choices=BookingFilter)
    q = forms.CharField(required=False, max_length=200)
    calendar = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY)
    before = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY)
    after = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY)


def booking_list_state(query: QueryDict) -> BookingListState:
    """Return what the address says; a part that makes no sense counts as missing."""
    form = BookingListForm(query)
    form.is_valid()
    return BookingListState(**{name: value for name, value in form.cleaned_data.items() if value})


class StartForm(forms.Form):
    """How to begin a form, as its address says. Every part may be missing."""

    day = forms.DateField(required=False, input_formats=["%Y-%m-%d"], validators=[validate_year])
    calendar = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY)
    again = forms.IntegerField(required=False, min_value=1, max_value=MAX_KEY)


@dataclass(frozen=True)
class Start:
    """`day` is a date to look at, `calendar` and `again` are keys: of a calendar, and of a booking
    whose client books once more."""

    day: dt.date | None = None
    calendar: int | None = None
    again: int | None = None


def start_of(query: QueryDict) -> Start:
    """Return what the address says; a part that makes no sense counts as missing."""
    form = StartForm(query)
    form.is_valid()
    return Start(**{name: value for name, value in form.cleaned_data.items() if value})


def message_field() -> LinesField:
    return LinesField(label=_("Message"), required=False, max_length=MAX_MESSAGE_LENGTH)


class CancellationForm(forms.Form):
    """`sequence` is the booking's when the page was made: one moved since stays."""

    sequence = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    message = message_field()

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.is_outrun = False
        style_inputs(self)

    def clean(self) -> dict[str, Any]:
        if self.errors.pop("sequence", None):
            self.add_error(None, _("This page was out of date. Please confirm once more."))
        return super().clean() or {}

    def outrun(self, reason: str) -> None:
        """Mark a valid form as refused with 409, because something else happened first."""
        self.is_outrun = True
        self.add_error(None, reason)

    @property
    def status(self) -> int:
        """The HTTP status of the answer that shows this form."""
        if self.is_outrun:
            return 409
        return 422 if self.errors else 200


class SlotField(InstantField):
    """One of the free times, or None for the other time that is typed."""

    def clean(self, value: Any) -> Any:
        return None if value == OTHER_TIME else super().clean(value)


class TimeForm(forms.Form):
    """A time of a calendar: one of the free ones of a date, or any other.

    The button `look` only asks for the free times of the typed date, or of its own: that judges
    nothing yet, and keeps what was typed.
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
        self.is_outrun = False
        # Without a latest year a browser takes six digits for it.
        self.fields["date"].widget.attrs["max"] = f"{YEARS[-1]}-12-31"
        style_inputs(self)

    @property
    def is_ready(self) -> bool:
        """Whether it was sent with all that it needs, and not only to look."""
        is_valid = self.is_valid()
        if LOOK in self.data:
            self._errors = ErrorDict()
            return False
        return is_valid

    def outrun(self, reason: str) -> None:
        """Mark a valid form as refused with 409, because something else happened first."""
        self.is_outrun = True
        self.add_error(None, reason)

    @property
    def status(self) -> int:
        """The HTTP status of the answer that shows this form."""
        if self.is_outrun:
            return 409
        return 422 if self.errors else 200

    @property
    def day(self) -> dt.date | None:
        """The date as far as it was said, whatever else is wrong with the form."""
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
        """The time, of a form that is ready."""
        if self.starts_at is None:
            raise RuntimeError("The form must be ready.")
        return self.starts_at

    @property
    def wall(self) -> dt.datetime | None:
        """What was typed, if it was not a free time that was chosen."""
        day, at = self._said("date"), self._said("time")
        if not day or at is None or self._said("slot"):
            return None
        return dt.datetime.combine(day, at.replace(second=0))

    @property
    def chosen(self) -> str:
        """The value of the radio button that is on: a free time, or OTHER_TIME."""
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

    def _said(self, name: str) -> Any:  # the kinds differ by field
        return self.cleaned_data.get(name) if self.is_bound else None


class RescheduleForm(TimeForm):
    """`sequence` is the booking's when the page was made: what changed since is not overwritten."""

    sequence = forms.IntegerField(min_value=0, max_value=MAX_SEQUENCE, widget=forms.HiddenInput)
    message = message_field()

    def __init__(self, data: QueryDict | None = None, *, booking: Booking, **kwargs: Any) -> None:
        super().__init__(data, calendar=booking.calendar, moving=booking, **kwargs)
        self.booking = booking

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        # Sent twice, it was moved there by the first: that is what was wanted.
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
    """A booking that the owner enters: only the time and the client's name must be there.

    `token` is of the page: sent twice for one time, it still makes one booking.
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

    def __init__(self, data: QueryDict | None = None, *, calendar: Calendar, **kwargs: Any) -> None:
        super().__init__(data, calendar=calendar, **kwargs)
        self.questions = name_questions(calendar.questions)
        for name, question in self.questions.items():
            self.fields[name] = question_field({**question, "required": False})
        style_inputs(self)

    @property
    def asked(self) -> list[forms.BoundField]:
        """The fields of the calendar's questions."""
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
    """Which of the owner's calendars a booking is entered for."""

    calendar = forms.TypedChoiceField(label=_("Calendar"), coerce=int)

    def __init__(self, data: Mapping[str, Any], *, calendars: Sequence[Calendar]) -> None:
        super().__init__(data)
        self.calendars = {calendar.pk: calendar for calendar in calendars}
        choices = [(calendar.pk, calendar.name) for calendar in calendars]
        self.fields["calendar"].choices = choices  # type: ignore[attr-defined]
        style_inputs(self)

    @property
    def chosen(self) -> Calendar:
        """The calendar that is named; the first one where none is named or it is gone."""
        if self.is_valid():
            return self.calendars[self.cleaned_data["calendar"]]
        return next(iter(self.calendars.values()))
