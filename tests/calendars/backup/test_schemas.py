"""A backup of PostgreSQL goes back into the schema that its tables were in, and into no other."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from calendars.backup import programs
from calendars.backup.files import new_file
from calendars.models import Owner
from tests.settings import ENVIRONMENT
from tests.support.servers.installation import run_python

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL"),
]


@pytest.fixture(autouse=True)
def other_schema() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA other")
    yield
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA other CASCADE")


def test_backup_of_another_schema_is_refused_in_words(file: Path, olive: Owner) -> None:
    call_command("backup", str(file), stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute("SET search_path TO other")
    told = "has Quantix's tables in the schema “public”, and this database in “other”"
    with pytest.raises(CommandError, match=told):
        call_command("restore", str(file), stdout=StringIO())
    connection.close()
    assert Owner.objects.get() == olive


def test_tables_of_the_same_names_in_another_schema_are_left_out(file: Path, olive: Owner) -> None:
    """A backup that an operator made with pg_dump alone holds every schema."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE other.django_migrations (app text, name text)")
        cursor.execute("INSERT INTO other.django_migrations VALUES ('shop', '0001')")
    with new_file(file) as descriptor:
        programs.run("pg_dump", "--format=custom", *programs.server(), output=descriptor)
    call_command("restore", str(file), stdout=StringIO())
    assert Owner.objects.get() == olive
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM other.django_migrations")
        assert cursor.fetchone() == (1,)


def test_schema_that_the_address_names_is_restored_with_its_extensions(
    file: Path, checkout: Path, elsewhere: str
) -> None:
    variables = {**ENVIRONMENT, "DATABASE_URL": f"{elsewhere}?options=-c%20search_path%3Dours"}

    def manage(*command: str) -> tuple[int, str]:
        done = run_python(checkout, "manage.py", *command, **variables)
        return done.returncode, done.stderr

    with psycopg.connect(elsewhere, autocommit=True) as session:
        session.execute("CREATE SCHEMA ours")
        for command in (["migrate", "-v0"], ["backup", str(file)]):
            assert manage(*command) == (0, "")
        session.execute("DROP SCHEMA ours CASCADE")
    code, told = manage("restore", str(file))
    assert (code, "names no schema that is there" in told) == (1, True)
    with psycopg.connect(elsewhere, autocommit=True) as session:
        session.execute("CREATE SCHEMA ours")
    for command in (["restore", str(file)], ["migrate", "--check"], ["check_invariants"]):
        assert manage(*command) == (0, "")
