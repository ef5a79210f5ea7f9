"""The form of the questions to clients: buttons add, remove and move rows, as in `hours_forms`."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from calendars.kit.fields import row_number
from calendars.kit.validators import validate_plain_text
from calendars.models import MAX_LABEL_LENGTH, MAX_QUESTIONS, NO_LABEL, Question, QuestionKind

EDITS = ("add", "remove", "up", "down")


class QuestionForm(forms.Form):
    label = forms.CharField(
        label=_("Question"),
        max_length=MAX_LABEL_LENGTH,
        validators=[validate_plain_text],
        widget=forms.TextInput(attrs={"class": "input"}),
        error_messages={"required": NO_LABEL},
    )
    kind = forms.ChoiceField(
        label=_("Answer"), choices=QuestionKind, widget=forms.Select(attrs={"class": "input"})
    )
    required = forms.BooleanField(label=_("Required"), required=False)


class QuestionsForm:
    """All questions of a calendar, in order, each a form of its own."""

    def __init__(
        self, data: QueryDict | None = None, *, questions: Sequence[Question] = ()
    ) -> None:
        self.data = data
        self.takes_focus: int | None = None
        self.is_new: int | None = None
        self.values: list[dict[str, Any]] = (
            [dict(question) for question in questions] if data is None else typed(data)
        )
        self._make_forms(bound=data is not None)

    def edit(self) -> bool:
        """Do what the pressed button says if it edits rows, and return whether it does."""
        for name in EDITS:
            if self.data is not None and name in self.data:
                self._edit(name, str(self.data[name]))
                self._make_forms(bound=False)
                return True
        return False

    def is_valid(self) -> bool:
        # A list, because `all` would stop at the first wrong form, and each shows its own errors.
        checked = [form.is_valid() for form in self.forms]
        return all(checked)

    @property
    def errors(self) -> bool:
        return bool(self.row_errors)

    @property
    def row_errors(self) -> list[tuple[str, str, str]]:
        """For every error: the id of its field, its question's number in words, and its text."""
        return [
            (form[name].id_for_label, _("Question %d") % number, str(error))
            for number, form in enumerate(self.forms, 1)
            if form.is_bound
            for name, errors in form.errors.items()
            for error in errors
        ]

    @property
    def is_full(self) -> bool:
        return len(self.forms) >= MAX_QUESTIONS

    @property
    def questions(self) -> list[Question]:
        return [
            Question(
                label=form.cleaned_data["label"],
                kind=form.cleaned_data["kind"],
                required=form.cleaned_data["required"],
            )
            for form in self.forms
        ]

    def _make_forms(self, *, bound: bool) -> None:
        self.forms = [
            QuestionForm(
                self.data if bound else None,
                prefix=f"question-{index}",
                initial=values,
                # The buttons that only edit send the form too; with `required` on its inputs, the
                # browser would not send it while one is empty.
                use_required_attribute=False,
            )
            for index, values in enumerate(self.values)
        ]
        if self.is_new is not None:
            self.forms[self.is_new].fields["label"].widget.attrs["autofocus"] = True

    def _edit(self, name: str, value: str) -> None:
        if name == "add":
            if not self.is_full:
                self.values.append({"kind": "text"})
                self.is_new = len(self.values) - 1
            return
        index = row_number(value)
        if index is None or index >= len(self.values):
            return
        moved = self.values.pop(index)
        if name != "remove":
            index = max(0, index + (1 if name == "down" else -1))
            self.values.insert(index, moved)
            self.takes_focus = min(index, len(self.values) - 1)


def typed(data: QueryDict) -> list[dict[str, Any]]:
    """Return the questions that were sent, numbered from 0 without a gap, unchecked."""
    values: list[dict[str, Any]] = []
    while len(values) < MAX_QUESTIONS and f"question-{len(values)}-label" in data:
        prefix = f"question-{len(values)}"
        values.append(
            {
                "label": data[f"{prefix}-label"],
                "kind": data.get(f"{prefix}-kind", ""),
                "required": bool(data.get(f"{prefix}-required")),
            }
        )
    return values
