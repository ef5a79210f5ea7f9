"""The index for the search in notes, by trigrams: PostgreSQL's own, so a migration makes it.

In `Meta` it would break `migrate` on SQLite, which reads the notes of one calendar instead. Links
without a note are not in it. The expression is the one that Django searches by. What is new goes
into it at once: left for later, PostgreSQL would read it all in every search.
"""

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

NAME = "onetimelink_note_trigrams"

STATEMENTS = {
    "postgresql": (
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "CREATE EXTENSION IF NOT EXISTS btree_gin",
        f"""
        CREATE INDEX IF NOT EXISTS {NAME} ON onetime_links_onetimelink
        USING gin (calendar_id, upper(note::text) gin_trgm_ops)
        WITH (fastupdate = off) WHERE note <> ''
        """,
    ),
    "sqlite": (),
}


SHORTEST = 3


def finds_by_index(text: str) -> bool:
    """Whether it has trigrams to look for."""
    return len(text) >= SHORTEST


def create_note_index(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """For `RunPython`."""
    for statement in STATEMENTS[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop_note_index(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    schema_editor.execute(f"DROP INDEX IF EXISTS {NAME}")
