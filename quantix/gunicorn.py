"""gunicorn's settings. It speaks plain HTTP, so it belongs behind a proxy, except on loopback.

The table says which class of worker keeps answering `/healthz` while twelve clients each hold on to
a single worker: "yes" is an answer within 0.5 s each time (3 ms in the median), "no" is none within
ten seconds.

                                         sync  gthread  gthread  gevent  this one
                                                  of 4    of 16             of 16
    connected, nothing sent                no       no      yes     yes       yes
    answered once, then silent            yes      yes      yes     yes       yes
    half a head or half a body sent        no       no      yes     yes       yes
    sixty large answers, none read         no       no      yes     yes       yes
    closed by the server, not by them      no       no       no     yes       yes
    three bookings wait for SQLite          -      yes      yes   15 s!       yes

So the workers have threads: SQLite, locks and password hashes would hold up all of a gevent worker,
which also took a third more processor time for a page (22 ms for 17). There are more threads than
such clients are likely, and `Worker` mends the rest: beside 38 clients that send a byte of a head
or a body every 0.2 s, two processes of it answer `/healthz` in 0.3 s at most, two of gthread not
within ten seconds. A proxy that buffers slow clients keeps even more of them away.

`X-Forwarded-Proto` reaches Django as it is, so the proxy has to set or drop it, and
`forwarded_allow_ips` can stay at loopback.
"""

import os
import socket
import struct
from concurrent.futures import Future
from http import HTTPStatus
from logging import Filter, LogRecord
from time import monotonic, sleep

from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import _DEFER, TConn, ThreadWorker

from quantix.arrival import Arrival, State, refuse
from quantix.environment import whole_number
from quantix.logs import MaskingFormatter

# C timevals of seconds and microseconds. How long a thread waits for a client that does not read
# its answer, and for bytes that should be there already.
CLIENT_PATIENCE = struct.pack("ll", 10, 0)
AT_ONCE = struct.pack("ll", 0, 1000)
TURN = 0.0002  # seconds


class Worker(ThreadWorker):
    """A gthread worker that spends a thread on whole requests only, and closes in that thread.

    Heads and bodies are collected without waiting, as the main thread sees them come, so clients
    that are silent or drip hold up nobody. Only a client that does not read its answer, or does not
    close, takes a thread for some seconds.

    It overrides methods of gunicorn that are not documented: pyproject.toml holds gunicorn below
    its next version, and the tests of `tests/quantix/servers/test_servers.py` fail without the
    overrides.
    """

    def accept(self, listener: socket.socket) -> None:
        super().accept(listener)
        # The other processes get a turn. The one that is awake would take most of the clients that
        # come at one moment, and its threads would wait for each other: of eight clients on two
        # processes, one process answered at most 8 % in five of six rounds, and now 27 to 49 %.
        sleep(TURN)

    def enqueue_req(self, conn: TConn) -> None:
        # Not `settimeout`, which gthread undoes before it reads.
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, CLIENT_PATIENCE)
        # All that is to be read has been collected before.
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, AT_ONCE)
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> object:
        arrival = arrival_of(conn)
        state = arrival.receive(conn.sock, now=monotonic())
        if state is State.PARTIAL:
            return _DEFER
        kept = self._serve(conn, arrival) if state is State.WHOLE else self._refuse(conn, state)
        if kept is False:
            # Waits two seconds for a client that does not close its side. gthread does it on the
            # main thread, where it holds up everybody else.
            conn.close(graceful=True)
        return kept

    def _serve(self, conn: TConn, arrival: Arrival) -> object:
        arrival.is_served = True
        conn.init()
        conn.parser.unreader.unread(bytes(arrival.data))
        return super().handle(conn)

    def _refuse(self, conn: TConn, state: State) -> bool:
        if state is State.TOO_LONG:
            refuse(conn.sock, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        return False

    def _keepalive_after(self, conn: TConn, keepalive: object) -> bool:
        # gthread skips what the page did not read of the body, and would wait for what is not here.
        return conn.arrival.has_all and bool(super()._keepalive_after(conn, keepalive))

    def murder_pending(self) -> None:
        """Close the connections whose request has not arrived in time."""
        now = monotonic()
        for conn in [each for each in self.pending_conns if each.arrival.until <= now]:
            self.pending_conns.remove(conn)
            self.poller.unregister(conn.sock)
            self.nr_conns -= 1
            refuse(conn.sock, HTTPStatus.REQUEST_TIMEOUT)
            conn.close()

    def finish_request(self, conn: TConn, request: Future[object]) -> None:
        if not request.cancelled() and not request.exception() and request.result() is False:
            self.nr_conns -= 1  # it is closed already
        else:
            super().finish_request(conn, request)


def arrival_of(conn: TConn) -> Arrival:
    """Return what has arrived of the connection's next request, as it was left or a new one."""
    if not hasattr(conn, "arrival") or conn.arrival.is_served:
        # What the client sent with the last request, if it did not wait for the answer.
        ahead = conn.parser.unreader.take_buffered() if conn.parser else b""
        conn.arrival = Arrival(ahead, now=monotonic())
    arrival: Arrival = conn.arrival
    return arrival


class NoSlowClients(Filter):
    """A filter that drops the traceback of a client that was given up: it is no fault of ours."""

    def filter(self, record: LogRecord) -> bool:
        return not (record.exc_info and record.exc_info[0] is BlockingIOError)


class MaskingLogger(Logger):
    """A logger that masks tokens also in gunicorn's own messages, which name the path."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.addFilter(NoSlowClients())
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            handler.setFormatter(MaskingFormatter(handler.formatter))


bind = "127.0.0.1:8000"
worker_class = Worker
workers = whole_number("WEB_CONCURRENCY", 2, at_most=1000)
threads = 16  # more than a few clients can hold up; each may open a PostgreSQL connection
timeout = 30
graceful_timeout = 15
keepalive = 5
logger_class = MaskingLogger
# Off: without it, gunicorn opens a socket under $HOME, where none may be written.
control_socket_disable = True
if os.access("/dev/shm", os.W_OK):  # noqa: S108
    # On a slow disk a heartbeat would block, and its worker be killed for it.
    worker_tmp_dir = "/dev/shm"  # noqa: S108
