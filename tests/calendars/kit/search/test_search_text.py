"""A search text is what its fields say, or missing, in whatever way they were written."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model

from booking.models import Booking, TimeOff
from calendars.kit.search import renewal
from calendars.kit.search.fields import SearchText, search_text_of
from calendars.kit.search.renewal import make_all, make_missing, renew
from calendars.kit.search.triggers import missing_search_triggers, with_search_text
from calendars.models import Calendar, Owner
from onetime_links.models import LinkRequest, OneTimeLink
from tests.support.database.queries import counted_queries
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    LinkRequestFactory,
    OneTimeLinkFactory,
    OwnerFactory,
    TimeOffFactory,
)

pytestmark = pytest.mark.django_db
MODELS = dict(with_search_text(apps.get_models()))
FACTORIES: dict[type[Model], Any] = {
    Booking: BookingFactory,
    TimeOff: TimeOffFactory,
    Calendar: CalendarFactory,
    Owner: OwnerFactory,
    OneTimeLink: OneTimeLinkFactory,
    LinkRequest: LinkRequestFactory,
}
# What a row of a bulk belongs to. Calendars are never made in bulk.
PARTS: dict[type[Model], dict[str, Any]] = {
    Booking: {"calendar": CalendarFactory},
    TimeOff: {"host": OwnerFactory},
    Owner: {},
    OneTimeLink: {"calendar": CalendarFactory},
    LinkRequest: {"link": OneTimeLinkFactory},
}
NEW = "özil@example.com"


def save(row: Model, name: str) -> None:
    row.save()


def save_the_field(row: Model, name: str) -> None:
    row.save(update_fields=[name])


def update(row: Model, name: str) -> None:
    type(row)._base_manager.filter(pk=row.pk).update(**{name: getattr(row, name)})


def bulk_update(row: Model, name: str) -> None:
    type(row)._base_manager.bulk_update([row], [name])


def write_sql(row: Model, name: str) -> None:
    table, key = row._meta.db_table, row._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {name} = %s WHERE {key} = %s",  # noqa: S608
            [getattr(row, name), row.pk],
        )


WAYS = [save, save_the_field, update, bulk_update, write_sql]


def found_in(model: type[Model], text: str) -> list[Model]:
    return list(model._base_manager.filter(search_text__mentions=text))


def test_every_model_with_a_search_text_is_tested_here() -> None:
    assert set(MODELS) == set(FACTORIES)
    assert missing_search_triggers() == set()


@pytest.mark.parametrize("model", MODELS)
def test_new_row_is_found_at_once(model: type[Model]) -> None:
    for name in MODELS[model].of:
        row = FACTORIES[model].create(**{name: f"{name}.{NEW}"})
        assert found_in(model, f"{name}.OZIL@example") == [row]


@pytest.mark.parametrize("model", PARTS)
def test_row_of_a_bulk_is_found_at_once(model: type[Model]) -> None:
    for name in MODELS[model].of:
        parts = {each: factory.create() for each, factory in PARTS[model].items()}
        row = FACTORIES[model].build(**parts, **{name: f"{name}.{NEW}"})
        model._base_manager.bulk_create([row])
        assert found_in(model, f"{name}.OZIL@example") == [row]


@pytest.mark.parametrize("write", WAYS)
@pytest.mark.parametrize("model", MODELS)
def test_changed_row_is_never_found_by_what_it_was(
    model: type[Model], write: Callable[[Model, str], None]
) -> None:
    field = MODELS[model]
    row = FACTORIES[model].create(**dict.fromkeys(field.of, "gone@example.com"))
    for name in field.of:
        setattr(row, name, NEW)
        write(row, name)
    assert found_in(model, "gone") == []
    make_missing()
    row.refresh_from_db()
    assert row.search_text == field.text_of(row)
    assert found_in(model, "ozil") == [row]


@pytest.mark.parametrize("model", MODELS)
def test_saving_something_else_keeps_the_search_text(model: type[Model]) -> None:
    row = FACTORIES[model].create(**dict.fromkeys(MODELS[model].of, NEW))
    row.save()
    assert found_in(model, NEW) == [row]


@pytest.mark.parametrize("model", MODELS)
def test_changed_row_is_found_at_once_if_it_is_renewed(model: type[Model]) -> None:
    row = FACTORIES[model].create()
    for name in MODELS[model].of:
        setattr(row, name, NEW)
        row.save(update_fields=[name])
        renew(row, changed=[name, "other"])
        assert found_in(model, NEW) == [row]
    with counted_queries() as statements:
        renew(row, changed=["other"])
    assert statements == []


def test_old_text_does_not_come_back() -> None:
    """Somebody reads a row, and another changes it before the search text is written."""
    link = OneTimeLinkFactory.create(note="Client")
    OneTimeLink.objects.update(note="")
    renew(link, changed=["note"])
    assert OneTimeLink.objects.get().search_text is None
    make_missing()
    assert OneTimeLink.objects.get().search_text == ""


def test_all_are_made_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "BATCH", 2)
    for number in range(5):
        OneTimeLinkFactory.create(note=f"Özil {number}")
    OneTimeLink.objects.update(search_text=None)
    make_all([OneTimeLink], until=time.monotonic())
    assert found_in(OneTimeLink, "ozil") == []
    make_all([OneTimeLink])
    assert len(found_in(OneTimeLink, "ozil")) == 5


@pytest.mark.django_db(transaction=True)
def test_row_that_another_has_locked_is_not_waited_for() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    for note in ("Locked", "Free"):
        OneTimeLinkFactory.create(note=note)
    OneTimeLink.objects.update(search_text=None)
    other = connection.copy()
    try:
        with other.cursor() as cursor, transaction.atomic():
            cursor.execute("BEGIN")
            cursor.execute(
                "SELECT * FROM onetime_links_onetimelink WHERE note = 'Locked' FOR UPDATE"
            )
            make_missing()
        assert found_in(OneTimeLink, "") == [OneTimeLink.objects.get(note="Free")]
    finally:
        other.close()


def test_signs_with_a_meaning_are_taken_as_themselves() -> None:
    notes = ["100% sure", "a_b", "back\\slash", "plain"]
    for note in notes:
        OneTimeLinkFactory.create(note=note)
    for sign, note in zip("%_\\", notes, strict=False):
        assert [link.note for link in OneTimeLink.objects.noted(sign)] == [note]
    assert list(OneTimeLink.objects.noted("\u0308")) == []


def test_search_text_is_made_of_its_fields() -> None:
    field = search_text_of(Booking)
    assert isinstance(field, SearchText)
    assert field.text_of(Booking(client_name="Özil", client_email="Ö@X")) == "ozil\no@x"
