"""Holds deliveries back after a restore, until an operator has them sent.

What was due when a backup was made may have been sent since. A restored worker would send it all
once more, perhaps weeks later.
"""

from collections.abc import Iterable
from datetime import datetime

from django.apps import apps
from django.db import connection

from calendars.models.delivery import HELD, Delivery


def kinds_of_rows() -> list[type[Delivery]]:
    return [model for model in apps.get_models() if issubclass(model, Delivery)]


def hold_statements(tables: Iterable[str], *, now: datetime) -> list[str]:
    """Return the SQL that holds what was due by `now`, for those of `tables` that are outboxes.

    It is SQL, because it runs where the models may not fit: in the backup, which may be of an older
    version, before anybody can open it.
    """
    names = set(tables)
    return [
        _hold_statement(model, now=now)
        for model in kinds_of_rows()
        if model._meta.db_table in names
    ]


def _hold_statement(model: type[Delivery], *, now: datetime) -> str:
    column = {field.name: field.column for field in model._meta.concrete_fields}
    return (
        f"UPDATE {model._meta.db_table}"  # noqa: S608  names of models, and instants of our own
        f" SET {column['next_try_at']} = {_literal(HELD)}, {column['lease']} = NULL"
        f" WHERE {column['done_at']} IS NULL AND {column['failed_at']} IS NULL"
        f" AND {column['dropped_at']} IS NULL AND {column['due_at']} <= {_literal(now)}"
    )


def _literal(instant: datetime) -> str:
    """Return the instant as it stands in a statement for the database in use."""
    return f"'{connection.ops.adapt_datetimefield_value(instant)}'"
