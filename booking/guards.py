"""The guards by which the database itself refuses overlapping live bookings of one host.

An `ExclusionConstraint` in `Meta` would break `migrate` and `full_clean` on SQLite. So migrations
call `create_guards`. On SQLite Django makes a new table for most changes, and the triggers are lost
with the old one. So every later migration of the table ends with
`migrations.RunPython(create_guards)`, and a test compares what is there after all migrations with
`GUARDS`.
"""

from django.apps.registry import Apps
from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from calendars.guards import SESSIONS_END

NO_OVERLAP = "booking_no_overlap"

POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    f"ALTER TABLE booking_booking DROP CONSTRAINT IF EXISTS {NO_OVERLAP}",
    f"""
    ALTER TABLE booking_booking ADD CONSTRAINT {NO_OVERLAP} EXCLUDE USING gist (
        owner_id WITH =, tstzrange(blocked_from, blocked_until, '[)') WITH &&
    ) WHERE (cancelled_at IS NULL)
    """,
)


def _sqlite_trigger(event: str) -> tuple[str, str]:
    """Return the statements that drop and create the trigger for INSERT or UPDATE.

    Bookings that are there do not overlap, so they end in the order in which they begin. Of those
    that end after the new one begins, the trigger reads only the first to end, A below. If A begins
    before the new one ends, the two overlap; if not, the later ones begin later still.

        there      [-----)    [---A---)   [----)
        new                [------)
    """
    name = f"{NO_OVERLAP}_{event.lower()}"
    return (
        f"DROP TRIGGER IF EXISTS {name}",
        f"""
        CREATE TRIGGER {name} BEFORE {event} ON booking_booking
        WHEN NEW.cancelled_at IS NULL AND NEW.blocked_until > (
            SELECT other.blocked_from FROM booking_booking AS other
            WHERE other.owner_id = NEW.owner_id
              AND other.cancelled_at IS NULL
              AND other.blocked_until > NEW.blocked_from
              AND other.id IS NOT NEW.id
            ORDER BY other.blocked_until LIMIT 1
        )
        BEGIN SELECT RAISE(ABORT, '{NO_OVERLAP}'); END
        """,  # noqa: S608  names of this module only
    )


SQLITE = (*_sqlite_trigger("INSERT"), *_sqlite_trigger("UPDATE"))

STATEMENTS = {"postgresql": POSTGRESQL, "sqlite": SQLITE}

# The guards that a fully migrated database has, by vendor.
GUARDS = {
    "postgresql": {NO_OVERLAP, SESSIONS_END},
    "sqlite": {f"{NO_OVERLAP}_insert", f"{NO_OVERLAP}_update", SESSIONS_END},
}

IN_PLACE = {
    "postgresql": "SELECT conname FROM pg_constraint WHERE contype = 'x'"
    " UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    " AND tgname NOT LIKE '%search_text'",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    " AND name NOT LIKE '%search_text'",
}


def guards_in_place() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(IN_PLACE[connection.vendor])
        return {name for (name,) in cursor}


def create_triggers(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the guards on SQLite only. For `RunPython` if only SQLite's guards have changed.

    PostgreSQL would take long to make its constraint anew.
    """
    if schema_editor.connection.vendor == "sqlite":
        create_guards(apps, schema_editor)


def create_guards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the guards, or make them anew. For `RunPython`."""
    for statement in STATEMENTS[schema_editor.connection.vendor]:
        schema_editor.execute(statement)
