"""Form fields that clients and owners share."""

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from calendars.kit.validators import validate_instant, validate_lines
from calendars.kit.walltime import YEARS


class LinesField(forms.CharField):
    """A field for several lines of plain text."""

    default_validators = [validate_lines]
    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        # A browser sends two characters for the end of a line, but counts them as one.
        return str(super().to_python(value)).replace("\r\n", "\n")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "rows": 3}


class InstantField(forms.CharField):
    """A field for an instant such as 2026-11-24T08:00Z. Its value is a datetime in UTC."""

    default_error_messages = {"instant": _("This is not a time that can be booked.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            instant = datetime.fromisoformat(text)
            validate_instant(instant)
        except ValueError:
            raise ValidationError(self.error_messages["instant"], code="instant") from None
        return instant.astimezone(UTC)


def validate_year(day: date) -> None:
    """Refuse a year so far away that its dates may overflow in some zones."""
    if day.year not in YEARS:
        raise ValidationError(_("Type a year from 2000 to 2199."))


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")
