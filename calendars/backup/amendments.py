"""What a restore changes in the backup, before anybody can open it."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.sessions.models import Session

from calendars.outbox.holding import hold_statements


def amendments(tables: Collection[str], *, now: datetime) -> list[str]:
    """Return the SQL that holds what was due by `now` and ends the sessions, in those `tables`."""
    return [*hold_statements(tables, now=now), *sign_out_statements(tables)]


def sign_out_statements(tables: Collection[str]) -> list[str]:
    """Return the SQL that ends every session.

    A session that was ended since the backup, such as that of a stolen laptop, would be back.
    """
    table = Session._meta.db_table
    return [f"DELETE FROM {table}"] if table in tables else []  # noqa: S608  a model's name
