"""The questions that a calendar asks its clients."""

from collections.abc import Sequence
from typing import TypedDict

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from calendars.kit.validators import NO_CHOICE, validate_count, validate_plain_text

MAX_QUESTIONS = 20
MAX_LABEL_LENGTH = 200
NO_LABEL = _("Type the question, or remove it.")


class QuestionKind(models.TextChoices):
    TEXT = "text", _("Short answer")
    LONG = "long", _("Long answer")
    CHECKBOX = "checkbox", _("Checkbox")


class Question(TypedDict):
    """A question to the client; `kind` is a value of QuestionKind."""

    label: str
    kind: str
    required: bool


def validate_questions(questions: Sequence[Question]) -> None:
    validate_count(questions, most=MAX_QUESTIONS)
    for question in questions:
        if question.keys() != Question.__annotations__.keys():
            raise ValidationError(NO_CHOICE, params={"value": question})
        validate_label(question["label"])
        if question["kind"] not in QuestionKind.values:
            raise ValidationError(NO_CHOICE, params={"value": question["kind"]})
        if not isinstance(question["required"], bool):
            raise ValidationError(NO_CHOICE, params={"value": question["required"]})


def validate_label(label: str) -> None:
    if not label.strip():
        raise ValidationError(NO_LABEL)
    MaxLengthValidator(MAX_LABEL_LENGTH)(label)
    validate_plain_text(label)
