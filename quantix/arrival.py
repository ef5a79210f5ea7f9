"""What has arrived of an HTTP request, so that a thread is spent only on a whole one.

`quantix.gunicorn` collects the bytes of each connection here without waiting for them.
"""

import re
from contextlib import suppress
from enum import Enum
from http import HTTPStatus
from socket import socket

# Seconds from the first look at a connection to the end of the head, and from there to the end of
# the body: deadlines for the whole, because a client that drips never lets a single read time out.
HEAD_SECONDS = 10.0
BODY_SECONDS = 20.0
LONGEST_HEAD = 64 * 1024
LONGEST_BODY = 256 * 1024  # a longer one is refused unread, by `limit_body`
PIECE = 64 * 1024

END_OF_HEAD = b"\r\n\r\n"
LENGTH = re.compile(rb"(?i)\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n")
# A client that waits for a word before it sends the body (RFC 9110, 10.1.1).
EXPECTS = re.compile(rb"(?i)\r\nexpect:[ \t]*100-continue[ \t]*\r\n")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class State(Enum):
    PARTIAL = "the rest is still to come"
    WHOLE = "the application can have it"
    GONE = "the client has hung up"
    TOO_LONG = "the head does not end"


class Arrival:
    """The bytes of one request so far. The rest must be there at `until`, in monotonic seconds."""

    def __init__(self, data: bytes, *, now: float) -> None:
        self.data = bytearray(data)
        self.until = now + HEAD_SECONDS
        self.is_served = False
        # Whether the whole request is collected here. A body that is too long, or of a length that
        # is not told, is not: no page reads it.
        self.has_all = True
        # The length of head and body together, once the head is there.
        self._whole: int | None = None

    def receive(self, sock: socket, *, now: float) -> State:
        """Take what the client has sent, without waiting for more."""
        sock.setblocking(False)
        while (state := self._look(sock, now)) is State.PARTIAL:
            try:
                piece = sock.recv(PIECE)
            except (BlockingIOError, InterruptedError):
                return State.PARTIAL
            if not piece:
                return State.GONE
            self.data += piece
        return state

    def _look(self, sock: socket, now: float) -> State:
        if self._whole is None:
            end = self.data.find(END_OF_HEAD)
            if end < 0:
                return State.TOO_LONG if len(self.data) > LONGEST_HEAD else State.PARTIAL
            self._read_head(bytes(self.data[: end + len(END_OF_HEAD)]), sock)
            self.until = now + BODY_SECONDS
        return State.WHOLE if len(self.data) >= (self._whole or 0) else State.PARTIAL

    def _read_head(self, head: bytes, sock: socket) -> None:
        """Find out how long the request is.

        gunicorn reads the head again and refuses one that is not sound. If it wants more than what
        was collected here, it finds nothing and gives the client up.
        """
        found = LENGTH.search(head)
        length = int(found[1]) if found else 0
        self.has_all = length <= LONGEST_BODY and b"\r\ntransfer-encoding:" not in head.lower()
        self._whole = len(head) + (length if self.has_all else 0)
        if EXPECTS.search(head) and len(self.data) < self._whole:
            with suppress(OSError):  # if the client is gone, the next read says so
                sock.send(CONTINUE)


def refuse(sock: socket, status: HTTPStatus) -> None:
    """Tell the client why the connection is closed, if it takes a line without waiting."""
    sock.setblocking(False)
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\nContent-Length: 0"
    with suppress(OSError):
        sock.send(f"{head}\r\n\r\n".encode())
