"""`manage.py move_data` goes from SQLite to PostgreSQL with everything, or does nothing."""

from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from booking.models import Booking
from booking.upkeep.invariants import examine
from calendars.models import Calendar, Owner
from quantix.sqlite import sqlite3
from tests.settings import ENVIRONMENT
from tests.support.database.releases import oldest_release
from tests.support.servers.installation import run_python
from tests.support.world.factories import BookingFactory

pytestmark = pytest.mark.django_db(transaction=True)

needs_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL")


@pytest.fixture
def source(tmp_path: Path, checkout: Path) -> Path:
    """An SQLite database of today's version."""
    path = oldest_release("sqlite", tmp_path)
    variables = {**ENVIRONMENT, "DATABASE_URL": f"sqlite:///{path}", "DATA_DIR": str(tmp_path)}
    assert run_python(checkout, "manage.py", "migrate", "-v0", **variables).returncode == 0
    return path


def move(file: Path) -> str:
    output = StringIO()
    call_command("move_data", str(file), stdout=output)
    return output.getvalue()


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(statement)


def count_rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        tables = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            " AND name NOT LIKE 'sqlite_%' AND name <> 'django_migrations'"
        ).fetchall()
        return sum(
            database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for (table,) in tables
        )


@needs_postgresql
def test_everything_is_moved_and_goes_on(source: Path) -> None:
    assert move(source).startswith(f"{count_rows(source)} rows were moved.")
    assert list(examine()) == []
    assert Owner.objects.get().email == "demo@example.com"
    [answer] = Booking.objects.exclude(answers=[]).get().answers
    assert answer["answer"] == "Größe: “XL” \\ tab\there"
    last = Booking.objects.latest("pk").pk
    assert BookingFactory.create(calendar=Calendar.objects.earliest("pk")).pk == last + 1
    with pytest.raises(CommandError, match="has owners already"):
        move(source)


@needs_postgresql
def test_row_that_postgresql_refuses_stops_it_all(source: Path) -> None:
    execute(source, "UPDATE booking_booking SET client_name = 'NUL' || char(0) WHERE id = 2")
    with pytest.raises(CommandError, match=r"Nothing was moved\. .*NUL"):
        move(source)
    assert not Owner.objects.exists()


@needs_postgresql
def test_database_in_use_is_not_moved(source: Path) -> None:
    with closing(sqlite3.connect(source)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("SELECT count(*) FROM booking_booking").fetchall()
        with pytest.raises(CommandError, match="The database is in use"):
            move(source)


@needs_postgresql
def test_database_of_an_older_version_is_not_moved(source: Path) -> None:
    execute(source, "DELETE FROM django_migrations WHERE name = '0009_host'")
    with pytest.raises(CommandError, match=r"older version: it lacks booking\.0009_host"):
        move(source)
    assert not Owner.objects.exists()


def test_sqlite_is_no_place_to_move_to(tmp_path: Path) -> None:
    if connection.vendor == "postgresql":
        with pytest.raises(CommandError, match="cannot be read"):
            move(tmp_path / "nothing")
    else:
        with pytest.raises(CommandError, match="DATABASE_URL must name the PostgreSQL"):
            move(oldest_release("sqlite", tmp_path))
