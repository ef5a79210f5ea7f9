"""The form of the questions to clients: buttons add, remove and move rows, as in `hours_forms`."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calendars.kit.fields import row_number
from calendars.kit.validators import validate_plain_text
from calendars.models import MAX_LABEL_LENGTH, MAX_QUESTIONS, NO_LABEL, Question, QuestionKind
from calendars.tabs.rows import align, merge_rows, order_rows
from calendars.tabs.shown import YOURS_NEXT, changed_text, removed_text

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
    # The place that the question had when the page was drawn.
    drawn = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def question(self) -> Question:
        typed = self.cleaned_data
        return Question(label=typed["label"], kind=typed["kind"], required=typed["required"])

    @property
    def key(self) -> int | None:
        return row_number(self.cleaned_data["drawn"])


class QuestionsForm:
    """All questions of a calendar, in order, each a form of its own.

    `stored` are those that the calendar has now. A valid form has `questions`, which shall be
    stored: what was changed here, and else what is stored.
    """

    holds_typed = False

    def __init__(self, data: QueryDict | None = None, *, questions: Sequence[Question]) -> None:
        self.data, self.stored = data, questions
        self.takes_focus: int | None = None
        self.is_new: int | None = None
        self.questions: list[Question] = []
        self.order_error = ""
        self.drawn = list(questions)
        self.values: list[dict[str, Any]] = [
            {**question, "drawn": place} for place, question in enumerate(questions)
        ]
        if data is not None:
            self._take(data)
        self._make_forms(bound=data is not None)

    def edit(self) -> bool:
        """Do what the pressed button says if it edits rows, and return whether it does."""
        for name in EDITS:
            if self.data is not None and name in self.data:
                self._edit(name, str(self.data[name]))
                self._make_forms(bound=False)
                return True
        return False

    def take_typed(self, data: QueryDict) -> None:
        """Show again what was typed before the owner was signed out."""
        self._take(data)
        self.holds_typed = True
        self._make_forms(bound=False)

    def is_valid(self) -> bool:
        # A list, because `all` would stop at the first wrong form, and each shows its own errors.
        checked = [form.is_valid() for form in self.forms]
        if not all(checked):
            return False
        self._merge()
        return not self.errors

    @property
    def errors(self) -> bool:
        return bool(self.row_errors)

    @property
    def row_errors(self) -> list[tuple[str, str, str]]:
        """For every error: the id of its field, its question's number in words, and its text."""
        label = gettext("Order of the questions")
        order = [("questions", label, self.order_error)] if self.order_error else []
        return order + [
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
    def drawn_texts(self) -> list[str]:
        """Return what the page sends back, to tell what it showed."""
        return [question_text(question) for question in self.drawn]

    def _take(self, data: QueryDict) -> None:
        """Take what was sent, and what the page said that it showed."""
        if "questions-told" in data:
            self.drawn = [read_question(text) for text in data.getlist("questions-drawn")]
        self.values = typed(data, most=max(MAX_QUESTIONS, len(self.drawn)))

    def _merge(self) -> None:
        """Set `questions`, or show what clashes with what was stored since the page was drawn."""
        drawn = dict(enumerate(self.drawn))
        now = dict(zip(align(self.drawn, self.stored), self.stored, strict=True))
        mine = self._keyed(drawn, now)
        merged = merge_rows(drawn, list(mine.items()), now)
        order = order_rows(list(drawn), list(mine), list(now))
        values = {key: mine[key] for key in mine if key not in drawn} | merged.kept
        keys = [*({**mine, **now} if order is None else order)]
        if merged.clashes or order is None:
            values |= {key: mine.get(key) or now[key] for key in merged.clashes}
            clashes = {key: clash_text(mine.get(key), now.get(key)) for key in merged.clashes}
            self._show([(key, values[key]) for key in keys if key in values], list(now), clashes)
            if order is None:
                self.order_error = changed_order_text()
        self.questions = [values[key] for key in keys if key in values]
        if len(self.questions) > MAX_QUESTIONS and self.questions != list(self.stored):
            text = gettext("At most %(limit_value)s.") % {"limit_value": MAX_QUESTIONS}
            self.forms[-1].add_error("label", text)

    def _keyed(self, drawn: dict[int, Question], now: dict[int, Question]) -> dict[int, Question]:
        """Return the typed questions by their keys; those of new ones are negative.

        A question that was removed and typed again is the same, and so is one that was added in
        both tabs.
        """
        told = [form.key for form in self.forms]
        mine: dict[int, Question] = {}
        for place, (form, key) in enumerate(zip(self.forms, told, strict=True)):
            if key is None or key not in drawn or key in mine:
                others = {**drawn, **now}
                free = (each for each in others if each not in told and each not in mine)
                key = next((each for each in free if others[each] == form.question), -1 - place)
            mine[key] = form.question
        return mine

    def _show(
        self, rows: Sequence[tuple[int, Question]], now: list[int], errors: dict[int, str]
    ) -> None:
        """Show these questions by their keys, as a page would that is drawn now, with errors."""
        places = {key: place for place, key in enumerate(now)}
        self.values = [{**question, "drawn": places.get(key, "")} for key, question in rows]
        self.drawn = list(self.stored)
        self.data = sent(self.values)
        self._make_forms(bound=True)
        for (key, _question), form in zip(rows, self.forms, strict=True):
            if key in errors:
                form.add_error("label", errors[key])

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


def typed(data: QueryDict, *, most: int = MAX_QUESTIONS) -> list[dict[str, Any]]:
    """Return the questions that were sent, numbered from 0 without a gap, unchecked."""
    values: list[dict[str, Any]] = []
    while len(values) < most and f"question-{len(values)}-label" in data:
        prefix = f"question-{len(values)}"
        values.append(
            {
                "label": data[f"{prefix}-label"],
                "kind": data.get(f"{prefix}-kind", ""),
                "required": bool(data.get(f"{prefix}-required")),
                "drawn": data.get(f"{prefix}-drawn", ""),
            }
        )
    return values


def sent(values: Sequence[dict[str, Any]]) -> QueryDict:
    """Return these questions as a page would send them."""
    data = QueryDict(mutable=True)
    for place, value in enumerate(values):
        for name in ("label", "kind", "drawn"):
            data[f"question-{place}-{name}"] = value[name]
        if value["required"]:
            data[f"question-{place}-required"] = "on"
    return data


def question_text(question: Question) -> str:
    """Return a question as one text, which `read_question` reads."""
    return f"{question['kind']} {int(question['required'])} {question['label']}"


def read_question(text: str) -> Question:
    kind, _space, rest = text.partition(" ")
    required, _space, label = rest.partition(" ")
    return Question(label=label, kind=kind, required=required == "1")


def changed_order_text() -> str:
    text = gettext("The order was changed elsewhere meanwhile.")
    return f"{text} {YOURS_NEXT}"


def clash_text(mine: Question | None, stored: Question | None) -> str:
    """Return the message at a question that was changed here and elsewhere; None was removed."""
    if stored is None:
        return removed_text()
    if mine is None:
        return gettext("You removed this, but it was changed elsewhere meanwhile.")
    facts = [stored["label"], QuestionKind(stored["kind"]).label]
    if stored["required"]:
        facts.append(gettext("Required"))
    return changed_text(" · ".join(map(str, facts)))
