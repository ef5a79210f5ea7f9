"""Django's backend for PostgreSQL, made to notice that the server is gone.

Each thread keeps a connection, and sees to it that it still works before a request uses it.
Django's own backend would wait without limit for a server that accepts and never answers, for a
host that does not exist any more, or for a name that is not resolved.
"""

import select
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from threading import Lock, Thread
from time import monotonic
from typing import Any, Self, TypeVar

import psycopg
from django.db.backends.postgresql import base
from psycopg import IsolationLevel
from psycopg.abc import Buffer, PQGen
from psycopg.adapt import Loader
from psycopg.pq import TransactionStatus

from quantix.patience import patience, seconds_left

HEALTH_CHECK = 1.0
ASKING = 0.8
ANOTHER_ASKS = 0.5
# A connection that answered so lately, and was not hung up, is taken to work: to ask it each time
# would cost a busy server a round trip for every page.
FRESH = 1.0

T = TypeVar("T")


class Connection(psycopg.Connection[Any]):
    """Waits for an answer only as long as the request has patience."""

    answered_at = 0.0

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            answer = super().wait(gen, interval, seconds_left() if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                # The answer may still come, and would be taken for that to the next question.
                self.close()
            raise
        self.answered_at = monotonic()
        return answer

    @property
    def has_just_answered(self) -> bool:
        """And still keeps the line: a server that hangs up leaves something to be read."""
        is_fresh = monotonic() - self.answered_at < FRESH
        return is_fresh and not self.closed and not self._has_something_to_read()

    def _has_something_to_read(self) -> bool:
        line = select.poll()
        line.register(self.fileno(), select.POLLIN)
        return bool(line.poll(0))


class Cursor(base.ServerBindingCursor, psycopg.Cursor[Any]):
    """Has PostgreSQL plan once for each connection what says that it `is_repeated`.

    Nothing else: a plan that must suit every value is a bad one for lists, whose pages and filters
    differ.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        options.setdefault("prepare", getattr(query, "is_repeated", False))
        return super().execute(query, params, **options)


class InstantLoader(Loader):
    """Reads an instant with Python's own parser, in C; Django's is a pattern and ten times slower.

    Every connection speaks of UTC, and nothing here is beyond the years that Python knows.
    """

    timezone = UTC  # Django asks for it, and would set its own for another

    def load(self, data: Buffer) -> datetime:
        return datetime.fromisoformat(bytes(data).decode())


class Gate:
    """Once the server is known to be gone, one thread at a time asks whether it is back.

    Else each client would cost a thread for seconds, and soon `/healthz` found none. Nor does that
    thread ask for long: its client may have waited before, until there was a thread.
    """

    def __init__(self) -> None:
        self._is_gone = False
        self._asking = Lock()

    @contextmanager
    def passed(self) -> Iterator[None]:
        alone = self._is_gone and self._may_ask()
        try:
            with patience(ASKING) if alone else nullcontext():
                yield
        except psycopg.OperationalError:
            self._is_gone = True
            raise
        else:
            self.open()
        finally:
            if alone:
                self._asking.release()

    def open(self) -> None:
        """The server is there."""
        self._is_gone = False

    def _may_ask(self) -> bool:
        """Whether this thread is now the one that asks; False if the server has come back."""
        asks, gone = self._asking.acquire(timeout=ANOTHER_ASKS), self._is_gone
        if gone and not asks:
            raise psycopg.OperationalError("the server is gone, and another thread asks for it")
        if asks and not gone:
            # All who have waited may connect at once.
            self._asking.release()
        return gone


GATE = Gate()


class DatabaseWrapper(base.DatabaseWrapper):
    health_check_done: bool

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        self.isolation_level = IsolationLevel.READ_COMMITTED
        with GATE.passed():
            connection = in_time(lambda: Connection.connect(**conn_params))
        connection.cursor_factory = Cursor
        connection.adapters.register_loader("timestamptz", InstantLoader)
        return connection

    def close_if_health_check_failed(self) -> None:
        # Done, also where nobody was asked: later in the request it could stand in the middle of a
        # transaction that an error has broken off, and take the connection for broken.
        if not self.health_check_done and self.connection and self.connection.has_just_answered:
            self.health_check_done = True
        super().close_if_health_check_failed()

    def is_usable(self) -> bool:
        # A part of the request's time, so that enough is left for a new connection.
        with patience(HEALTH_CHECK):
            return super().is_usable()


def in_time(connect: Callable[[], Connection]) -> Connection:
    """What `connect` returns. It runs beside us: a name's resolution cannot be broken off."""
    left = seconds_left()
    if left is None:
        return connect()
    outcome: Future[Connection] = Future()
    Thread(target=fulfil, args=(outcome, connect), daemon=True).start()
    try:
        return outcome.result(left)
    except TimeoutError:
        outcome.add_done_callback(close_late)
        raise psycopg.OperationalError("the server does not answer") from None


def fulfil(outcome: Future[Connection], connect: Callable[[], Connection]) -> None:
    try:
        outcome.set_result(connect())
    except BaseException as error:
        outcome.set_exception(error)


def close_late(outcome: Future[Connection]) -> None:
    if not outcome.exception():
        outcome.result().close()
        GATE.open()
