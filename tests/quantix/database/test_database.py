from time import monotonic

import pytest
from django.core.management import call_command
from django.db import connection, connections

from booking.guards import GUARDS


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


NAMES_OF_GUARDS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    " AND name NOT LIKE '%search_text'",
    "postgresql": "SELECT conname FROM pg_constraint WHERE contype = 'x'"
    " UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    " AND tgname NOT LIKE '%search_text'",
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


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds_ago", "asked"), [(0, 0), (2, 1)])
def test_connection_that_has_just_answered_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, seconds_ago: float, asked: int
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("about PostgreSQL")
    wrapper = connections["default"]
    asks: list[str] = []
    monkeypatch.setattr(wrapper, "health_check_enabled", True)
    monkeypatch.setattr(wrapper, "health_check_done", False)

    def is_usable() -> bool:
        asks.append("Are you there?")
        return True

    monkeypatch.setattr(wrapper, "is_usable", is_usable)
    wrapper.ensure_connection()
    wrapper.connection.answered_at = monotonic() - seconds_ago
    for _ in range(2):
        wrapper.close_if_health_check_failed()
    assert (len(asks), vars(wrapper)["health_check_done"]) == (asked, True)


@pytest.mark.django_db(transaction=True)
def test_connection_that_was_lost_does_not_count_as_fresh() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("about PostgreSQL")
    wrapper = connections["default"]
    wrapper.ensure_connection()
    wrapper.connection.answered_at = monotonic()
    wrapper.connection.close()
    assert not wrapper.connection.has_just_answered
    wrapper.close()
