"""Ends what takes too long, whatever it waits for. Main thread only."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

TIMED_OUT = "timed out"


class OutOfTime(TimeoutError):
    """Told by its text: smtplib closes its connection on an OSError, and raises one of its own."""

    def __init__(self) -> None:
        super().__init__(TIMED_OUT)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Ends the block after `seconds` with OutOfTime, whatever it waits for.

    A timeout of the socket bounds each wait, and a server that sends a byte now and then has as
    many of them as it likes. Deadlines do not nest.
    """

    def ring(number: int, frame: FrameType | None) -> None:
        raise OutOfTime

    if seconds <= 0:
        raise OutOfTime
    before = signal.signal(signal.SIGALRM, ring)
    # Every second anew: what connects to several addresses takes it for the failure of one.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
