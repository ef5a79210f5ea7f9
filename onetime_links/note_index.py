"""The trigram index for the search in notes on PostgreSQL, made by a migration.

In `Meta` it would break `migrate` on SQLite, which reads all notes of the calendar instead. Links
without a note are not in the index. With `fastupdate`, every search would read all pending entries,
so new notes go in at once.
"""

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

NAME = "onetimelink_search_trigrams"

STATEMENTS = {
    "postgresql": (
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "CREATE EXTENSION IF NOT EXISTS btree_gin",
        # An older index, of notes that were not folded.
        "DROP INDEX IF EXISTS onetimelink_note_trigrams",
        f"""
        CREATE INDEX IF NOT EXISTS {NAME} ON onetime_links_onetimelink
        USING gin (calendar_id, search_text gin_trgm_ops)
        WITH (fastupdate = off) WHERE note <> ''
        """,
    ),
    "sqlite": (),
}


SHORTEST = 3


def finds_by_index(text: str) -> bool:
    """Return whether `text` is long enough to have a trigram."""
    return len(text) >= SHORTEST


def create_note_index(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the index; a function for `RunPython`."""
    for statement in STATEMENTS[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop_note_index(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    schema_editor.execute(f"DROP INDEX IF EXISTS {NAME}")
