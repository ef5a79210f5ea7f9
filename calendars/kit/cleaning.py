"""What a caller says, as the fields of a model take it: for acts, which trust no caller.

A form checks the same fields by the same validators, and shows the same words.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model


def clean_values(model: type[Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` as the fields of `model` with these names take them.

    As in a form, no text keeps spaces around it. Raises ValidationError, which names the fields.
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
    """Set the fields of `row` to `values`, cleaned. Saves nothing.

    Raises ValidationError, and then has set nothing.
    """
    for name, value in clean_values(type(row), values).items():
        setattr(row, name, value)


def _clean(field: Any, value: Any) -> Any:  # the kinds differ by field
    return field.clean(value.strip() if isinstance(value, str) else value, None)
