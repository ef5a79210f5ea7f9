"""The guard by which the database itself ends an owner's sessions when the owner is deactivated.

A session names the owner's password, and an owner who is active again has the same one: without
more, a session of before would open their pages again. So it also names how often the owner was
deactivated (`Owner.sessions_ended`), which a trigger counts. Only a trigger sees every way to
deactivate somebody: the admin, a shell, a query for many owners, SQL of other programs. Nothing
else changes that column: a process that saves an owner as it has read them long ago must not turn
the count back.

On SQLite Django makes a new table for most changes, and the trigger is lost with the old one. So
every later migration of the table ends with `migrations.RunPython(create_guard)`; `GUARDS` in
booking/guards.py has the names of all guards, and a test compares.
"""

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SESSIONS_END = "owner_sessions_end"
CHANGE = "UPDATE OF is_active, sessions_ended ON calendars_owner"

# A backup of PostgreSQL has tables and their triggers, but no functions: a restore makes this one.
FUNCTION = f"""
    CREATE OR REPLACE FUNCTION {SESSIONS_END}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.sessions_ended = OLD.sessions_ended + (OLD.is_active AND NOT NEW.is_active)::int;
        RETURN NEW;
    END $$
"""
DROP = f"DROP TRIGGER IF EXISTS {SESSIONS_END}"
STATEMENTS = {
    "postgresql": (
        FUNCTION,
        f"{DROP} ON calendars_owner",
        f"CREATE TRIGGER {SESSIONS_END} BEFORE {CHANGE}"
        f" FOR EACH ROW EXECUTE FUNCTION {SESSIONS_END}()",
    ),
    "sqlite": (
        DROP,
        f"""
        CREATE TRIGGER {SESSIONS_END} AFTER {CHANGE}
        WHEN NEW.sessions_ended <> OLD.sessions_ended + (OLD.is_active AND NOT NEW.is_active)
        BEGIN
            UPDATE calendars_owner
            SET sessions_ended = OLD.sessions_ended + (OLD.is_active AND NOT NEW.is_active)
            WHERE id = NEW.id;
        END
        """,  # noqa: S608  names of this module only
    ),
}


def create_guard(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the guard, or make it anew. For `RunPython`."""
    for statement in STATEMENTS[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop_guard(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take the guard away, so that its column can go. For `RunPython`."""
    on_table = " ON calendars_owner" if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(DROP + on_table)
