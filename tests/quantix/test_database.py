import pytest
from django.core.management import call_command
from django.db import connection

from booking.guards import GUARDS


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


NAMES_OF_GUARDS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT conname FROM pg_constraint WHERE contype = 'x'",
}


@pytest.mark.django_db
def test_every_guard_is_there_after_all_migrations() -> None:
    with connection.cursor() as cursor:
        cursor.execute(NAMES_OF_GUARDS[connection.vendor])
        found = {name for (name,) in cursor.fetchall()}
    assert found == GUARDS[connection.vendor]


@pytest.mark.django_db
def test_sqlite_is_set_up_as_in_production() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite")
    with connection.cursor() as cursor:
        values = {}
        for name in ("journal_mode", "synchronous", "foreign_keys"):
            cursor.execute(f"PRAGMA {name}")
            [values[name]] = cursor.fetchone()
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
