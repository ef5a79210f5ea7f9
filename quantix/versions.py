"""Tells whether the database fits this version of the code."""

from django.db.migrations.loader import MigrationLoader


def unknown_migrations(loader: MigrationLoader) -> list[str]:
    """Return the names of migrations that the database has and this version does not know.

    Only apps that are installed count, because another program may use the same database.
    Migrations that a squashed one replaced are known by its `replaces`.
    """
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update(migration.replaces)
    return sorted(
        f"{app}.{name}"
        for app, name in loader.applied_migrations
        if app in loader.migrated_apps and (app, name) not in known
    )
