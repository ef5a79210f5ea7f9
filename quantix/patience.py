"""How long a request waits for its database: in all, for connections, locks and answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

# With what a page takes besides, a client has an answer within five seconds.
REQUEST_PATIENCE = 4.0
LEAST_WAIT = 0.5


class _Limit(threading.local):
    until: float | None = None


_limit = _Limit()


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Within it, this thread waits no longer than until `seconds` from now."""
    outer, until = _limit.until, monotonic() + seconds
    _limit.until = until if outer is None else min(outer, until)
    try:
        yield
    finally:
        _limit.until = outer


def seconds_left() -> float | None:
    """How long the next wait may last; None is without limit, as in a command.

    Never less than half a second: the time may have gone by on a busy processor, and the database
    would answer at once.
    """
    return None if _limit.until is None else max(_limit.until - monotonic(), LEAST_WAIT)
