"""Bulk inserts past the ORM: COPY on PostgreSQL, `executemany` on SQLite.

Every constraint, trigger and index of the database applies as usual.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model

from calendars.kit.search.fields import SearchText, search_text_of
from calendars.kit.search.folding import fold

# Rows whose foreign keys are checked at the end of the transaction wait for that in memory.
ROWS_AT_ONCE = 50_000


def fill(
    model: type[Model],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    using: str = DEFAULT_DB_ALIAS,
    **constants: Any,
) -> None:
    """Insert `rows`, which hold the values of the fields `names`, such as "owner_id".

    `constants` are the same in every row; all other fields have their default. The search text is
    made as the ORM makes it.
    """
    if field := search_text_of(model):
        rows = _with_search_text(field, names, rows, constants)
        names = [*names, field.name]
    fields: dict[str, Field] = {field.attname: field for field in model._meta.concrete_fields}
    rest = {
        name: constants[name] if name in constants else field.get_default()
        for name, field in fields.items()
        if name not in names and (name in constants or not field.primary_key)
    }
    columns = [str(fields[name].column) for name in (*names, *rest)]
    tail = tuple(_prepared(fields[name], value) for name, value in rest.items())
    ready = (
        (*(_prepared(fields[name], value) for name, value in zip(names, row, strict=True)), *tail)
        for row in rows
    )
    while some := list(islice(ready, ROWS_AT_ONCE)):
        with transaction.atomic(using=using):
            _insert(connections[using], model._meta.db_table, columns, some)


def reset_sequences(*models: type[Model]) -> None:
    """Set the next keys beyond those of rows that brought their own."""
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), list(models)):
            cursor.execute(sql)


def settle() -> None:
    """Do what a long-running database has done by itself: gather statistics and tidy up."""
    commands = {"postgresql": ("VACUUM ANALYZE", "CHECKPOINT"), "sqlite": ("ANALYZE",)}
    with connection.cursor() as cursor:
        for command in commands[connection.vendor]:
            cursor.execute(command)


def _prepared(field: Field, value: Any) -> Any:
    """Convert the value as cheaply as possible: a million rows have a dozen million of them."""
    match value:
        case None | int() | str():
            return value
        case datetime():
            return _instant(value)
        case list():
            return json.dumps(value)
    return field.get_db_prep_save(value, connection)


def _with_search_text(
    field: SearchText,
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    constants: dict[str, Any],
) -> Iterator[Sequence[Any]]:
    for row in rows:
        values = {**constants, **dict(zip(names, row, strict=True))}
        yield *row, fold("\n".join(values.get(name, "") for name in field.of))


@cache
def _instant(value: datetime) -> str:
    return str(connection.ops.adapt_datetimefield_value(value))


def _insert(
    connection: BaseDatabaseWrapper,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)  # noqa: S608


def numbered(rows: Iterable[Sequence[Any]], first: int) -> Iterator[tuple[Any, ...]]:
    """Yield each row with its key before it."""
    for number, row in enumerate(rows, first):
        yield number, *row
