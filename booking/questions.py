"""The owner's questions as fields of a form, and the answers as a booking keeps them."""

from typing import Any
from zlib import crc32

from django import forms
from django.core.exceptions import ValidationError

from booking.fields import LinesField
from calendars.kit.validators import NO_CHOICE, validate_plain_text


def name_questions(questions: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the questions by the names of their form fields.

    A name depends on the question and not on its place in the list, so that an answer never goes to
    another question when the owner changes the list meanwhile.
    """
    named: dict[str, dict[str, Any]] = {}
    for question in questions:
        asked = f"{question['kind']} {question['label']}"
        name = f"question-{crc32(asked.encode()):08x}"
        while name in named:
            name += "-again"
        named[name] = question
    return named


def answers_to(
    questions: dict[str, dict[str, Any]], cleaned: dict[str, Any]
) -> list[dict[str, str | bool]]:
    """Return each question as it was asked, with its answer, for the owner may change it later.

    The answer to a checkbox is True or False and not a word, because its readers may speak
    different languages.
    """
    return [
        {"question": question["label"], "answer": cleaned[name]}
        for name, question in questions.items()
    ]


def question_field(question: dict[str, Any]) -> forms.Field:
    label, required = question["label"], question["required"]
    match question["kind"]:
        case "checkbox":
            return forms.BooleanField(label=label, required=required)
        case "long":
            return LinesField(label=label, required=required, max_length=2000)
        case _:
            return forms.CharField(
                label=label, required=required, max_length=200, validators=[validate_plain_text]
            )


def clean_answers(
    questions: list[dict[str, Any]], answers: list[dict[str, str | bool]], *, may_skip: bool
) -> list[dict[str, str | bool]]:
    """Return the answers as cleaned by the fields of `questions`, one for each, in their order.

    With `may_skip`, no answer is required. Raises ValidationError.
    """
    if [each["question"] for each in answers] != [each["label"] for each in questions]:
        raise ValidationError(NO_CHOICE, params={"value": answers})
    return [
        {"question": question["label"], "answer": _clean(question, answer["answer"], may_skip)}
        for question, answer in zip(questions, answers, strict=True)
    ]


def _clean(question: dict[str, Any], answer: str | bool, may_skip: bool) -> str | bool:
    required = question["required"] and not may_skip
    cleaned: str | bool = question_field({**question, "required": required}).clean(answer)
    return cleaned
