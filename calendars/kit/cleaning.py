"""Cleans values by the fields of a model, for acts, which trust no caller.

A form checks the same fields by the same validators, and shows the same messages.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model


def clean_values(model: type[Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values`, each cleaned by the field of `model` with its name.

    As in a form, spaces around a text are removed. Raises ValidationError, by field.
    """
    cleaned, errors = {}, {}
    for name, value in values.items():
        try:
            cleaned[name] = _clean(model._meta.get_field(name), value)
        except ValidationError as error:
            errors[name] = error.error_list
    if errors:
        raise ValidationError(errors)
    return cleaned


def set_values(row: Model, values: Mapping[str, Any]) -> None:
    """Set the fields of `row` to the cleaned `values`, without saving it.

    Raises ValidationError, by field, before any of them is set.
    """
    for name, value in clean_values(type(row), values).items():
        setattr(row, name, value)


def _clean(field: Any, value: Any) -> Any:  # the kinds differ by field
    return field.clean(value.strip() if isinstance(value, str) else value, None)
