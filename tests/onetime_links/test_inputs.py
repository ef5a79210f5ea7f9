"""The acts on links refuse wrong input by themselves, whoever calls them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from calendars.models import Calendar
from onetime_links.forms import LinkForm
from onetime_links.links import edit_link, generate_link
from onetime_links.models import LinkRequest, OneTimeLink
from onetime_links.requests import ask_for_link
from tests.support.world.factories import OneTimeLinkFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HIDDEN = "a\u202eb"
FACTS = [
    ("note", "x" * 201),
    ("note", HIDDEN),
    ("note", "a\nb"),
    ("expires_at", datetime(2200, 1, 1, tzinfo=UTC)),
    ("expires_at", NOW.replace(tzinfo=None) + timedelta(days=1)),
    ("expires_at", "soon"),
]


def everything() -> list[Any]:
    models = (OneTimeLink, LinkRequest)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def assert_refused(field: str, act: Callable[..., object], **arguments: Any) -> None:
    before = everything()
    with pytest.raises(ValidationError) as refusal:
        act(now=NOW, **arguments)
    assert list(refusal.value.message_dict) == [field]
    assert everything() == before


@pytest.mark.filterwarnings("ignore:DateTimeField received a naive datetime")
@pytest.mark.parametrize(("field", "value"), FACTS)
def test_facts_of_a_link_are_refused(calendar: Calendar, field: str, value: object) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, created_at=NOW)
    assert_refused(field, generate_link, calendar=calendar, **{field: value})
    assert_refused(field, edit_link, link=link, **{field: value})


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("client_name", {"name": " "}),
        ("client_name", {"name": "x" * 101}),
        ("client_name", {"name": HIDDEN}),
        ("word", {"word": "x" * 301}),
        ("word", {"word": HIDDEN}),
    ],
)
def test_request_for_a_link_is_refused(
    calendar: Calendar, field: str, said: dict[str, str]
) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, created_at=NOW, revoked_at=NOW)
    assert_refused(field, ask_for_link, link=link, **{"name": "Cleo", "word": "", **said})


@pytest.mark.parametrize("note", ["x" * 201, HIDDEN, "a\nb"])
def test_form_refuses_a_note_as_the_act_does(calendar: Calendar, note: str) -> None:
    form = LinkForm({"note": note}, zone=calendar.zone, now=NOW)  # type: ignore[arg-type]
    with pytest.raises(ValidationError) as refusal:
        generate_link(calendar=calendar, now=NOW, note=note)
    assert form.errors == refusal.value.message_dict
