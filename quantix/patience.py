"""The time that a request waits for its database: for connections, locks and answers in all."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

# Together with the other work for a page, a client has an answer within five seconds.
REQUEST_PATIENCE = 4.0
LEAST_WAIT = 0.5


class _Limit(threading.local):
    until: float | None = None


_limit = _Limit()


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let this thread wait for the database until `seconds` from now at most, within the block."""
    outer, until = _limit.until, monotonic() + seconds
    _limit.until = until if outer is None else min(outer, until)
    try:
        yield
    finally:
        _limit.until = outer


def seconds_left() -> float | None:
    """Return how long the next wait may last; None if there is no limit, as in a command.

    It is at least half a second: a busy processor may have used up the time, while the database
    would answer at once.
    """
    return None if _limit.until is None else max(_limit.until - monotonic(), LEAST_WAIT)
