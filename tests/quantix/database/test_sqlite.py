"""Waiting for SQLite's one write lock, while another connection holds it."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.db import OperationalError, connection, transaction

from quantix.patience import patience
from quantix.sqlite import base, sqlite3

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL locks rows, in line"),
]


@pytest.fixture
def holder() -> Iterator[sqlite3.Connection]:
    """Another connection, which holds the write lock."""
    connection.ensure_connection()
    path = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield holder


def test_who_waits_asks_again_after_moments(
    holder: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 100:
            holder.execute("COMMIT")

    monkeypatch.setattr(time, "sleep", pause)
    with transaction.atomic():
        assert connection.in_atomic_block
    assert len(pauses) == 100
    assert max(pauses) <= 1.5 * base.FIRST_PAUSE


def test_who_has_waited_long_asks_more_often_than_who_just_came() -> None:
    newcomer = min(base.pause_after(0) for _ in range(100))
    assert max(base.pause_after(2) for _ in range(100)) < newcomer


def test_patience_ends_the_waiting(holder: sqlite3.Connection) -> None:
    with (
        patience(0),
        pytest.raises(OperationalError, match="database is locked"),
        transaction.atomic(),
    ):
        pass
    holder.execute("COMMIT")
    with patience(0), transaction.atomic():
        assert connection.in_atomic_block
