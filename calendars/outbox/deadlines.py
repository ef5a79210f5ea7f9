"""Ends what takes too long, whatever it waits for. For the main thread only: it uses a signal."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

TIMED_OUT = "timed out"


class OutOfTime(TimeoutError):
    """A deadline has passed.

    Callers know it by its text: smtplib turns an OSError into an exception of its own.
    """

    def __init__(self) -> None:
        super().__init__(TIMED_OUT)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in the block after `seconds`, whatever it waits for.

    A socket's timeout bounds each wait only, and a server that sends a byte now and then causes
    any number of waits. Deadlines do not nest.
    """

    def ring(number: int, frame: FrameType | None) -> None:
        raise OutOfTime

    if seconds <= 0:
        raise OutOfTime
    before = signal.signal(signal.SIGALRM, ring)
    # The alarm repeats every second: code that tries several addresses in turn takes the first
    # alarm for the failure of one address, and goes on to the next.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
