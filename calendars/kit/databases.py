"""Which database is in use, and whether it fits this version of the code."""

from collections.abc import Iterable

from django.db import connection
from django.db.migrations.loader import MigrationLoader

# A migration by its app and its name.
Migration = tuple[str, str]


def database_in_words() -> str:
    """Return such as "SQLite 3.53.4": of SQLite, the version of the library that is loaded."""
    connection.ensure_connection()
    version = ".".join(map(str, connection.get_database_version()))
    return f"{connection.display_name} {version}"


def unknown_migrations(
    loader: MigrationLoader, applied: Iterable[Migration] | None = None
) -> list[str]:
    """Return the names of migrations that were applied and that this version does not know.

    `applied` are those of the loader's database, unless they are given. Only apps that are
    installed count, because another program may use the same database. Migrations that a squashed
    one replaced are known by its `replaces`.
    """
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update(migration.replaces)
    return sorted(
        f"{app}.{name}"
        for app, name in (loader.applied_migrations if applied is None else applied)
        if app in loader.migrated_apps and (app, name) not in known
    )
