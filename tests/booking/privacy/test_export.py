"""The export holds everything that is held of a client, and no token."""

import csv
import json
from io import StringIO
from typing import Any

import pytest
from django.db.models import Model

from booking.models import Booking
from booking.privacy.export import to_csv, to_json
from booking.privacy.held import find_held
from booking.privacy.personal import BLANKS
from calendars.models import Calendar, Owner
from onetime_links.models import OneTimeLink
from tests.booking.conftest import SUNDAY
from tests.booking.privacy.conftest import DAY, EMAIL, book
from tests.booking.privacy.test_fields import PERSONAL
from tests.support.world.factories import LinkRequestFactory, OneTimeLinkFactory

pytestmark = pytest.mark.django_db
SECRETS = {"manage_token", "nonce"}


def exports(owner: Owner | None) -> tuple[str, str]:
    held = find_held(EMAIL, owner=owner)
    return to_json(held, now=SUNDAY), to_csv(held)


def personal_texts(model: type[Model]) -> set[str]:
    """Return the values of the model's personal fields, but for secrets, in all rows.

    The search text repeats others.
    """
    names = set(PERSONAL[model._meta.label].split()) - SECRETS - {"answers", "search_text"}
    rows = model._base_manager.values_list(*names)
    return {text for row in rows for text in row if text}


def test_export_holds_every_personal_field_of_this_owner_alone(both: tuple[Owner, Owner]) -> None:
    olive, _ = both
    wanted = {text for model in BLANKS for text in personal_texts(model)}
    assert len(wanted) > 10
    for text in exports(olive):
        assert [each for each in wanted if each not in text and "Saffron" not in each] == []
        assert "Answer Violet" in text
        assert "A booking of Cleo Violet" in text
        assert "Saffron" not in text
    for text in exports(None):
        assert [each for each in wanted if each not in text] == []


def test_export_holds_no_token(both: tuple[Owner, Owner]) -> None:
    olive, _ = both
    tokens = {
        token
        for row in Booking.objects.values_list("manage_token", "nonce", "uid")
        for token in map(str, row)
    } | set(OneTimeLink.objects.values_list("token", flat=True))
    for text in exports(olive):
        assert [token for token in tokens if token in text] == []


def test_json_is_as_the_page_says(calendar: Calendar) -> None:
    book(calendar, "Violet", SUNDAY - DAY)
    facts = json.loads(exports(calendar.owner)[0])
    assert list(facts) == ["client", "exported_at", "bookings", "requests", "links", "kept_emails"]
    [booking] = facts["bookings"]
    assert booking["answers"] == [{"question": "What?", "answer": "Answer Violet"}]
    assert booking["starts_at"] == "2026-11-21T12:00:00+00:00"
    assert booking["cancelled_at"] is None
    assert len(facts["kept_emails"]) == 1


def test_table_has_a_line_for_each_value_and_no_formula(calendar: Calendar) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, note=f"=1+1 {EMAIL}")
    LinkRequestFactory.create(link=link, client_name="=2+2", word="+3")
    table = exports(calendar.owner)[1].removeprefix("\ufeff")
    rows: list[dict[str, Any]] = list(csv.DictReader(StringIO(table)))
    values = {(row["record"], row["number"], row["name"]): row["value"] for row in rows}
    assert values["links", "1", "note"] == f"'=1+1 {EMAIL}"
    assert values["requests", "1", "name"] == "'=2+2"
    assert values["requests", "1", "word"] == "'+3"
