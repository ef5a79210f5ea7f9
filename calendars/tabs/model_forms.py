"""Forms and rows of the Django admin that know what their page showed, as `shown.py` has it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext as _

from calendars.tabs.shown import ShownForm, remember_shown


class ShownModelForm(ShownForm, forms.ModelForm):  # type: ignore[type-arg]  # only subscriptable to mypy
    """A form that saves what was changed in it. A row that `is_gone` was removed elsewhere."""

    is_gone = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        remember_shown(self)

    def clean(self) -> dict[str, Any]:
        if not self.is_gone:
            return super().clean()
        if self.changed_data and DELETION_FIELD_NAME not in self.changed_data:
            self.add_error(None, _("Removed elsewhere meanwhile. Remove it here, or add it again."))
        return self.cleaned_data

    @property
    def is_changed_elsewhere(self) -> bool:
        return any(field.is_changed_elsewhere for field in self._remembered)

    def show_stored(self) -> None:
        """Show what is stored now, and nothing that was typed."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict, as it was sent
        data.pop(self.add_prefix(DELETION_FIELD_NAME), None)
        for field in self._remembered:
            data.setlist(field.html_name, field.stored_values)
        self.data = data
        self.clashes |= {field.name for field in self._remembered}

    @property
    def _remembered(self) -> list[Any]:
        return [field for field in self if field.field.show_hidden_initial]


def shown(form: type[Any]) -> type[Any]:
    """Return the form with what its page showed."""
    return type(form.__name__, (ShownModelForm, form), {})


class ShownFormSet(BaseInlineFormSet):  # type: ignore[type-arg]  # only subscriptable to mypy
    """Rows of an inline, of which some may have been changed or removed elsewhere meanwhile."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        is_old = self.is_bound and index is not None and index < self.initial_form_count()
        if is_old and form.instance._state.adding:
            # Django would refuse the whole page for the key of a row that is not there any more.
            name, form.is_gone = form.instance._meta.pk.name, True
            key = self.data.get(form.add_prefix(name))
            form.fields[name] = forms.CharField(widget=forms.HiddenInput, initial=key)

    def clean(self) -> None:
        super().clean()
        for form in self._stored_forms:
            is_removed = getattr(form, "cleaned_data", {}).get(DELETION_FIELD_NAME)
            if is_removed and not form.is_gone and form.is_changed_elsewhere:
                row = str(form.instance)
                form.show_stored()
                text = _("You removed this, but it was changed elsewhere meanwhile.")
                raise ValidationError(f"{text} {row}")

    def get_queryset(self) -> Any:
        """Return the rows; once the forms are made, those that the page shows beside its forms."""
        if not self.is_bound or "forms" not in self.__dict__:
            return super().get_queryset()
        gone = _("Removed elsewhere meanwhile.")
        return [gone if form.is_gone else form.instance for form in self._stored_forms]

    @property
    def _stored_forms(self) -> list[Any]:
        return self.initial_forms
