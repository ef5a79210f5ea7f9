"""The triggers that empty a search text when a field that it is made of changes.

They catch every way to write: bulk updates, an older version that still runs and does not know the
column, and SQL by hand. Without them, a client who was erased in such a way would still be found.

On SQLite Django makes a new table for most changes, and the triggers are lost with the old one. So
every later migration of such a table runs `create_search_triggers` again.
"""

from collections.abc import Callable, Iterable, Iterator

from django.apps import apps as present_apps
from django.apps.registry import Apps
from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Model

from calendars.kit.search.fields import SearchText, search_text_of

# Dumps of tables do not hold the function, so a restore makes it first.
EMPTY_SEARCH_TEXT = "quantix_empty_search_text"
FUNCTION = f"""
CREATE OR REPLACE FUNCTION {EMPTY_SEARCH_TEXT}() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN NEW.search_text := NULL; RETURN NEW; END'
"""
IN_PLACE = {
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
}


def create_search_triggers(
    app_label: str,
) -> Callable[[Apps, BaseDatabaseSchemaEditor], None]:
    """Return the function for `RunPython` that makes the triggers of an app, also anew."""

    def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        vendor = schema_editor.connection.vendor
        if vendor == "postgresql":
            schema_editor.execute(FUNCTION)
        for model, field in with_search_text(apps.get_app_config(app_label).get_models()):
            for statement in _statements(vendor, model, field):
                schema_editor.execute(statement)

    return create


def missing_search_triggers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(IN_PLACE[connection.vendor])
        found = {name for (name,) in cursor}
    return {_name(model) for model, _ in with_search_text(present_apps.get_models())} - found


def with_search_text(models: Iterable[type[Model]]) -> Iterator[tuple[type[Model], SearchText]]:
    """Yield the models that have a search text, each with it."""
    for model in models:
        if field := search_text_of(model):
            yield model, field


def _name(model: type[Model]) -> str:
    return f"{model._meta.db_table}_search_text"


def _statements(vendor: str, model: type[Model], field: SearchText) -> tuple[str, str]:
    name, table, key = _name(model), model._meta.db_table, model._meta.pk.column
    names = [str(getattr(model._meta.get_field(each), "column", "")) for each in field.of]
    if vendor == "postgresql":
        changed = " OR ".join(f"NEW.{each} IS DISTINCT FROM OLD.{each}" for each in names)
        return (
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"CREATE TRIGGER {name} BEFORE UPDATE OF {', '.join(names)} ON {table}"
            f" FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION {EMPTY_SEARCH_TEXT}()",
        )
    changed = " OR ".join(f"NEW.{each} IS NOT OLD.{each}" for each in names)
    empty = f"UPDATE {table} SET {field.column} = NULL WHERE {key} = NEW.{key}"  # noqa: S608
    return (
        f"DROP TRIGGER IF EXISTS {name}",
        f"CREATE TRIGGER {name} AFTER UPDATE OF {', '.join(names)} ON {table} WHEN {changed}"
        f" BEGIN {empty}; END",
    )
