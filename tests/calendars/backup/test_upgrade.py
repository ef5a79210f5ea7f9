"""The rehearsal of an upgrade: from the oldest release to today's version, and back."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from booking.models import Booking, Mail
from booking.upkeep.invariants import examine
from calendars.kit.search.triggers import with_search_text
from calendars.models import Calendar, Owner
from onetime_links.models import OneTimeLink
from tests.support.database.releases import oldest_release
from tests.support.world.factories import BookingFactory

pytestmark = pytest.mark.django_db(transaction=True)

STRUCTURE = {
    "sqlite": "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"
    " ORDER BY 1, 2",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
    " UNION ALL SELECT table_name || '.' || column_name, data_type FROM information_schema.columns"
    " WHERE table_schema = current_schema()"
    " UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2",
}


def call(name: str, *arguments: str) -> None:
    call_command(name, *arguments, stdout=StringIO())


def restore(file: Path) -> None:
    if connection.vendor == "sqlite":
        Path(f"{connection.settings_dict['NAME']}.before-restore").unlink(missing_ok=True)
    call("restore", str(file))


def structure() -> list[Any]:
    """Return the database's tables, columns, indexes and guards, and which migrations it has."""
    with connection.cursor() as cursor:
        cursor.execute(STRUCTURE[connection.vendor])
        made = cursor.fetchall()
    return [*made, *MigrationRecorder.Migration.objects.order_by("pk").values_list("app", "name")]


def test_upgrade_from_the_oldest_release_and_back(client: Client, tmp_path: Path) -> None:
    release = oldest_release(connection.vendor, tmp_path)
    try:
        restore(release)
        before = structure()

        call("migrate", "--verbosity=0")
        assert list(examine()) == []
        assert_all_is_there(client)
        BookingFactory.create(calendar=Calendar.objects.earliest("pk"))

        restore(release)
        assert structure() == before
    finally:
        call("migrate", "--verbosity=0")
    assert_all_is_there(client)


def assert_all_can_be_searched() -> None:
    """The migration has made the search texts of the rows that were there."""
    for model, field in with_search_text(apps.get_models()):
        for row in model._base_manager.all():
            assert getattr(row, field.name) == field.text_of(row)


def assert_all_is_there(client: Client) -> None:
    owner = Owner.objects.get(email="demo@example.com")
    assert owner.display_name == "Dana Reyes"
    assert Booking.objects.count() == 3
    assert Booking.objects.exclude(answers=[]).get().answers[0]["answer"].startswith("Größe: “XL”")
    assert Mail.objects.held().count() > 0
    assert_all_can_be_searched()
    link = OneTimeLink.objects.active(at=timezone.now()).earliest("pk")
    assert client.get(f"/l/{link.token}/").status_code == 200
    client.force_login(owner)
    for address in ("/calendars/", "/bookings/"):
        assert client.get(address).status_code == 200
