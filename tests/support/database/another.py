"""Another connection to the database, beside the one of the test."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection, connections


@contextmanager
def another_connection() -> Iterator[ThreadPoolExecutor]:
    """Yield a thread with a connection that gives up a lock that it does not get soon.

    For PostgreSQL: on SQLite a transaction that writes has locked the whole database.
    """

    def get_ready() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 500")

    with ThreadPoolExecutor(1, initializer=get_ready) as pool:
        yield pool
        pool.submit(connections.close_all).result()
