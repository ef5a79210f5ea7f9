"""What a backup must hold to be kept or restored, whatever database it is of."""

from collections.abc import Iterable

from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from calendars.kit.databases import Migration, unknown_migrations
from calendars.models import Owner

MIGRATIONS = MigrationRecorder.Migration._meta.db_table
# No other program has both of these tables.
MARKS = {MIGRATIONS, Owner._meta.db_table}
IN_USE = "The database is in use. Stop the web server, all workers and other programs first."


class BackupRefused(Exception):
    """A backup cannot be written, restored or moved. Its text tells the operator why."""


def check_tables(tables: Iterable[str], *, file: str) -> None:
    """Refuse a file that is not a backup of Quantix."""
    if not set(tables) >= MARKS:
        raise BackupRefused(f"{file} is not a backup of Quantix.")


def check_migrations(applied: Iterable[Migration], *, file: str) -> None:
    """Refuse a backup that a newer version has made: this version would not understand it."""
    if unknown := unknown_migrations(MigrationLoader(None), applied):
        raise BackupRefused(
            f"{file} is of a newer version: it has {unknown[-1]}. Restore it with that version."
        )


def lacks_migrations() -> bool:
    """Return whether the database in use is of an older version."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def prefixes() -> tuple[str, ...]:
    """Return how the names of Quantix's tables begin, such as "booking_".

    Older and newer versions have other tables, but with the same beginnings.
    """
    names = {MIGRATIONS, *(model._meta.db_table for model in apps.get_models())}
    return tuple(sorted({f"{name.partition('_')[0]}_" for name in names}))
