"""Moves all rows of an SQLite database into an empty PostgreSQL database of the same version."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import DatabaseError, connection, connections, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.models import Field, Model

from calendars.backup import sqlite
from calendars.backup.contents import BackupRefused, check_migrations, lacks_migrations
from calendars.models import Owner

SOURCE = "source"


def move_data(file: Path) -> int:
    """Copy every row of the SQLite database in `file`, and return how many there are.

    The database in use must be an empty PostgreSQL. Raises BackupRefused, and then it is as it was.
    """
    file = file.absolute()
    check_target()
    sqlite.check_header(file)
    failing = sqlite.faults_in_words(f"{file} cannot be moved")
    with failing, source(file), transaction.atomic(durable=True):
        return copy_everything()


def check_target() -> None:
    if connection.vendor != "postgresql":
        raise BackupRefused("DATABASE_URL must name the PostgreSQL to which the data is to move.")
    if lacks_migrations():
        raise BackupRefused("Run manage.py migrate first, which makes the tables in PostgreSQL.")
    if Owner.objects.exists():
        raise BackupRefused("This PostgreSQL has owners already, and is left as it is.")


@contextmanager
def source(file: Path) -> Iterator[None]:
    """Lock the SQLite database, check it, and let models read from it under the name SOURCE."""
    with sqlite.opened(file) as cursor:
        sqlite.lock(cursor)
        sqlite.check_file(cursor, file=str(file))
        check_same_version(file, cursor)
        connections[SOURCE] = cursor.db
        try:
            yield
        finally:
            del connections[SOURCE]


def check_same_version(file: Path, cursor: Any) -> None:
    theirs = set(sqlite.migrations_of(cursor))
    check_migrations(theirs, file=str(file))
    ours = MigrationLoader(None).disk_migrations
    if missing := sorted(f"{app}.{name}" for app, name in set(ours) - theirs):
        raise BackupRefused(
            f"{file} is of an older version: it lacks {missing[0]}. Migrate it with this version"
            " first, while DATABASE_URL names it."
        )


def copy_everything() -> int:
    models = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]
    with connection.cursor() as cursor, connection.wrap_database_errors:
        # migrate has filled the tables of permissions, whose ids may be others than in the source.
        tables = ", ".join(f'"{model._meta.db_table}"' for model in models)
        cursor.execute(f"TRUNCATE {tables}")
        count = sum(copy_rows(cursor, model) for model in models)
        # Foreign keys are checked now, and not by the commit: their error can still be told.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
    return count


def copy_rows(cursor: Any, model: type[Model]) -> int:
    """Copy the rows of a model as they are: COPY calls no `save`, and is fast."""
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    rows = model._base_manager.using(SOURCE).order_by("pk")
    with cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as copy:
        for row in rows.values_list(*(field.attname for field in fields)).iterator():
            copy.write_row(prepared(fields, row))
    copied, expected = model._base_manager.count(), rows.count()
    if copied != expected:
        raise DatabaseError(f"{copied} of {expected} rows arrived in {model._meta.db_table}")
    return copied


def prepared(fields: Sequence["Field[Any, Any]"], row: tuple[Any, ...]) -> list[Any]:
    """Return the values as PostgreSQL keeps them; JSON is the one that differs."""
    return [
        field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True)
    ]
