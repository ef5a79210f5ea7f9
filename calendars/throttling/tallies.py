"""The counts of the throttles, in a table, so that all processes and hosts count together."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import DatabaseError, connection, transaction
from django.utils.crypto import salted_hmac
from limits.storage import Storage

from calendars.kit.prepared import Repeated
from calendars.models import Tally

# Counts for several keys in one statement. If a key's window is over, its row starts a new one. If
# it ends later than one that would start now, the clock was set back since: then it ends with that
# one, and does not last until the clock gets there again.
COUNT = """
    INSERT INTO calendars_tally AS tally (key, hits, ends_at) VALUES {rows}
    ON CONFLICT (key) DO UPDATE SET
        hits = excluded.hits + CASE WHEN tally.ends_at > %s THEN tally.hits ELSE 0 END,
        ends_at = CASE WHEN tally.ends_at > %s AND tally.ends_at < excluded.ends_at
            THEN tally.ends_at ELSE excluded.ends_at END
    RETURNING key, hits
"""


class Tallies(Storage):
    """A storage for the library `limits`. A window begins with its first hit."""

    STORAGE_SCHEME = None

    @property
    def base_exceptions(self) -> type[Exception]:
        return DatabaseError

    def add(self, windows: Mapping[str, int], amount: int = 1) -> dict[str, int]:
        """Add `amount` to each key's tally and return the new counts by key.

        `windows` maps each key to the length of its window in seconds. Call it outside of
        transactions: a rollback after a refusal would take the count back.
        """
        now = int(time.time())
        hashes = {_hash(key): key for key in windows}
        # Sorted, because two processes that lock the same rows in different orders deadlock.
        rows = [(hashed, amount, now + windows[hashes[hashed]]) for hashed in sorted(hashes)]
        sql = Repeated(COUNT.format(rows=", ".join(["(%s, %s, %s)"] * len(rows))))
        with _unsynced(), connection.cursor() as cursor:
            cursor.execute(sql, [value for row in rows for value in row] + [now, now])
            return {hashes[hashed]: hits for hashed, hits in cursor.fetchall()}

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return self.add({key: expiry}, amount)[key]

    def get(self, key: str) -> int:
        tally = self._current(key)
        return tally.hits if tally else 0

    def get_expiry(self, key: str) -> float:
        tally = self._current(key)
        return tally.ends_at if tally else time.time()

    def check(self) -> bool:
        connection.ensure_connection()
        return True

    def reset(self) -> int:
        return Tally.objects.all().delete()[0]

    def clear(self, key: str) -> None:
        Tally.objects.filter(key=_hash(key)).delete()

    def tidy(self, most: int = 1000) -> int:
        """Delete up to `most` rows whose window is over, and return how many."""
        over = Tally.objects.filter(ends_at__lte=int(time.time())).order_by("ends_at")
        with transaction.atomic():
            # The query skips rows that `add` is counting: it locks in another order than `add`,
            # so waiting for them could deadlock.
            locked = over.select_for_update(skip_locked=True).values_list("key", flat=True)
            # The keys are read first: as a subquery of the DELETE, PostgreSQL may run the locking
            # query several times.
            keys = list(locked[:most])
            return Tally.objects.filter(key__in=keys).delete()[0]

    def _current(self, key: str) -> Tally | None:
        return Tally.objects.filter(key=_hash(key), ends_at__gt=int(time.time())).first()


@contextmanager
def _unsynced() -> Iterator[None]:
    """On SQLite, commit within the block without waiting for the disk.

    Writers of SQLite wait for each other, and syncing the disk takes most of a count's time. In a
    power cut only counts are lost: the commit of the next booking syncs all that was written
    before. On PostgreSQL this table does not wait for the disk either.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    connection.connection.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        connection.connection.execute("PRAGMA synchronous = FULL")


def _hash(key: str) -> str:
    return salted_hmac("calendars.tallies", key, algorithm="sha256").hexdigest()[:40]
