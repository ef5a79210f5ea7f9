"""The questions in two tabs: an old page saves what was changed in it, and nothing else."""

from typing import Any

import pytest
from django.test import Client

from calendars.models import MAX_QUESTIONS, Calendar, Question
from tests.support.pages.parsing import text_of
from tests.support.pages.untouched import Fields, untouched

pytestmark = pytest.mark.django_db
FORM = "/calendars/discovery-call/booking-form/"


def question(label: str, kind: str = "text", *, required: bool = False) -> Question:
    return Question(label=label, kind=kind, required=required)


@pytest.fixture
def asked(call: Calendar) -> Calendar:
    """A calendar that asks Who, What and Why."""
    call.questions = [question(label) for label in ("Who", "What", "Why")]
    call.save()
    return call


def drawn(client: Client) -> Fields:
    return fields_of(client.get(FORM))


def fields_of(response: Any) -> Fields:
    return untouched(response, holding="questions-told")


def pressed(client: Client, fields: Fields, button: str, value: int) -> Fields:
    """Return the fields of the page that a button brings."""
    return fields_of(client.post(FORM, {**fields, button: value}))


def typed(fields: Fields, place: int, label: str) -> Fields:
    return {**fields, f"question-{place}-label": [label]}


def added(client: Client, fields: Fields, label: str) -> Fields:
    fields = pressed(client, fields, "add", 1)
    last = sum(name.endswith("-label") for name in fields) - 1
    return typed(fields, last, label)


def save(client: Client, fields: Fields) -> Any:
    return client.post(FORM, fields)


def labels(calendar: Calendar) -> list[str]:
    calendar.refresh_from_db()
    return [each["label"] for each in calendar.questions]


def test_untouched_page_undoes_nothing(as_olive: Client, asked: Calendar) -> None:
    old = drawn(as_olive)
    Calendar.objects.update(questions=[question("Where")])
    assert save(as_olive, old).status_code == 302
    assert labels(asked) == ["Where"]


def test_two_tabs_change_two_questions(as_olive: Client, asked: Calendar) -> None:
    old = drawn(as_olive)
    save(as_olive, typed(old, 0, "Whose"))
    save(as_olive, typed(old, 2, "Wherefore"))
    assert labels(asked) == ["Whose", "What", "Wherefore"]


def test_questions_added_in_two_tabs_are_both_kept(as_olive: Client, asked: Calendar) -> None:
    old = drawn(as_olive)
    for label in ("When", "Where", "Where"):
        save(as_olive, added(as_olive, old, label))
    assert labels(asked) == ["Who", "What", "Why", "Where", "When"]


def test_first_questions_added_in_two_tabs_are_both_kept(as_olive: Client, call: Calendar) -> None:
    old = drawn(as_olive)
    for label in ("When", "Where"):
        save(as_olive, added(as_olive, old, label))
    assert sorted(labels(call)) == ["When", "Where"]


def test_question_changed_in_both_tabs_is_told_and_then_saved(
    as_olive: Client, asked: Calendar
) -> None:
    old = drawn(as_olive)
    newer = {**typed(old, 0, "Whose"), "question-0-required": ["on"]}
    save(as_olive, added(as_olive, newer, "When"))
    refused = save(as_olive, typed(typed(old, 0, "Whom"), 1, "Which"))
    assert refused.status_code == 422
    said = "Changed elsewhere meanwhile: it is now “Whose · Short answer · Required”."
    assert said in text_of(refused)
    assert 'href="#id_question-0-label"' in text_of(refused)
    assert labels(asked) == ["Whose", "What", "Why", "When"]
    assert save(as_olive, fields_of(refused)).status_code == 302
    assert labels(asked) == ["Whom", "Which", "Why", "When"]
    assert asked.questions[0] == question("Whom")


def test_changed_question_that_was_removed_elsewhere_is_told(
    as_olive: Client, asked: Calendar
) -> None:
    old = drawn(as_olive)
    save(as_olive, pressed(as_olive, old, "remove", 0))
    refused = save(as_olive, typed(old, 0, "Whose"))
    assert refused.status_code == 422
    assert "Removed elsewhere meanwhile." in text_of(refused)
    assert labels(asked) == ["What", "Why"]
    save(as_olive, fields_of(refused))
    assert labels(asked) == ["Whose", "What", "Why"]


def test_removed_question_that_was_changed_elsewhere_is_told(
    as_olive: Client, asked: Calendar
) -> None:
    old = drawn(as_olive)
    save(as_olive, typed(old, 0, "Whose"))
    refused = save(as_olive, pressed(as_olive, old, "remove", 0))
    assert refused.status_code == 422
    assert "You removed this, but it was changed elsewhere meanwhile." in text_of(refused)
    assert labels(asked) == ["Whose", "What", "Why"]
    save(as_olive, pressed(as_olive, fields_of(refused), "remove", 0))
    assert labels(asked) == ["What", "Why"]


def test_question_removed_in_both_tabs_is_gone(as_olive: Client, asked: Calendar) -> None:
    old = pressed(as_olive, drawn(as_olive), "remove", 1)
    assert [save(as_olive, old).status_code for _ in range(2)] == [302, 302]
    assert labels(asked) == ["Who", "Why"]


def test_moved_in_one_tab_and_changed_in_another(as_olive: Client, asked: Calendar) -> None:
    old = drawn(as_olive)
    save(as_olive, added(as_olive, typed(old, 0, "Whose"), "When"))
    save(as_olive, pressed(as_olive, old, "down", 0))
    assert labels(asked) == ["What", "Whose", "Why", "When"]


def test_moved_in_both_tabs_is_told_and_then_saved(as_olive: Client, asked: Calendar) -> None:
    old = drawn(as_olive)
    save(as_olive, pressed(as_olive, old, "down", 0))
    refused = save(as_olive, pressed(as_olive, old, "up", 2))
    assert refused.status_code == 422
    assert "The order was changed elsewhere meanwhile." in text_of(refused)
    assert labels(asked) == ["What", "Who", "Why"]
    save(as_olive, fields_of(refused))
    assert labels(asked) == ["Who", "Why", "What"]


def test_as_many_as_ever_were_stored_survive(as_olive: Client, asked: Calendar) -> None:
    """More than the form takes today, of a time when it took more."""
    many = [question(f"Question {number}") for number in range(MAX_QUESTIONS + 5)]
    Calendar.objects.update(questions=many)
    old = drawn(as_olive)
    assert save(as_olive, old).status_code == 302
    assert save(as_olive, typed(old, 0, "Who")).status_code == 422
    asked.refresh_from_db()
    assert asked.questions == many


def test_more_than_fit_of_two_tabs_together_are_refused(as_olive: Client, asked: Calendar) -> None:
    many = [question(f"Question {number}") for number in range(MAX_QUESTIONS - 1)]
    Calendar.objects.update(questions=many)
    old = drawn(as_olive)
    save(as_olive, added(as_olive, old, "When"))
    refused = save(as_olive, added(as_olive, old, "Where"))
    assert refused.status_code == 422
    assert "At most 20." in text_of(refused)
    assert labels(asked)[-1] == "When"


@pytest.mark.parametrize("told", ["", "x", "text", "text 7 ", "file 1 x", "\0", "9" * 5000])
def test_nonsense_about_what_was_shown_loses_nothing(
    as_olive: Client, asked: Calendar, told: str
) -> None:
    fields = drawn(as_olive) | {"questions-drawn": [told], "question-0-drawn": [told]}
    assert save(as_olive, fields).status_code in {302, 422}
    assert set(labels(asked)) == {"Who", "What", "Why"}
