"""Makes search texts that are missing: of rows just changed, and of those that others have left."""

import time
from collections.abc import Collection, Iterable, Sequence

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model

from calendars.kit.search.fields import SearchText, search_text_of
from calendars.kit.search.triggers import with_search_text

# A batch is one transaction. On SQLite, other writers wait until it ends.
BATCH = 500
# Seconds after which a run begins no other batch: emails wait meanwhile.
LONGEST_RUN = 5.0


def renew(row: Model, *, changed: Collection[str]) -> None:
    """Make the search text of a row whose fields `changed` were just saved."""
    field = search_text_of(type(row))
    if field and not set(field.of).isdisjoint(changed):
        field.pre_save(row, add=False)
        _write(field, [row])


def make_missing() -> None:
    """Make the search texts that are missing. The rest waits for the next run after LONGEST_RUN."""
    make_all(apps.get_models(), until=time.monotonic() + LONGEST_RUN)


def make_all(models: Iterable[type[Model]], *, until: float = float("inf")) -> None:
    """Make the missing search texts of `models`, in batches; begin none after `until`."""
    for model, field in with_search_text(models):
        last: int | None = 0
        while last is not None and time.monotonic() < until:
            last = _make_batch(model, field, after=last)


def _make_batch(model: type[Model], field: SearchText, *, after: int) -> int | None:
    """Make the next missing search texts after a key, and return the last key, or None at the end.

    Rows that others have locked are left to the next run: waiting for them with locks of its own,
    a batch could stand in the way of the one that it waits for.
    """
    missing = model._base_manager.filter(pk__gt=after, **{field.name: None}).order_by("pk")
    with transaction.atomic():
        rows = list(missing.only(*field.of).select_for_update(skip_locked=True)[:BATCH])
        _write(field, rows)
    return rows[-1].pk if rows else None


def _write(field: SearchText, rows: Sequence[Model]) -> None:
    """Write the search texts of rows that still are as they were read, and still have none.

    A row may have been changed since: the search text of its old fields must not come back.
    """
    meta, quote = field.model._meta, connection.ops.quote_name
    text, key = quote(str(field.column)), quote(str(meta.pk.column))
    sources = [meta.get_field(name) for name in field.of]
    columns = [quote(str(getattr(each, "column", ""))) for each in sources]
    same = " AND ".join(f"{column} = %s" for column in columns)
    statement = (
        f"UPDATE {quote(meta.db_table)} SET {text} = %s"  # noqa: S608  its own names
        f" WHERE {key} = %s AND {text} IS NULL AND {same}"
    )
    values = [
        (field.text_of(row), row.pk, *(getattr(row, name) for name in field.of)) for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)
