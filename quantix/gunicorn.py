"""gunicorn's settings. It speaks plain HTTP: anything but loopback belongs behind a proxy.

Twelve clients hung on to a single worker of each class, and `/healthz` was asked over and over:
"yes" is an answer within 0.5 s each time (3 ms in the median), "no" is none within ten seconds.

                                         sync  gthread  gthread  gevent  this one
                                                  of 4    of 16             of 16
    connected, nothing sent                no       no      yes     yes       yes
    answered once, then silent            yes      yes      yes     yes       yes
    half a head or half a body sent        no       no      yes     yes       yes
    sixty large answers, none read         no       no      yes     yes       yes
    closed by the server, not by them      no       no       no     yes       yes
    three bookings wait for SQLite          -      yes      yes   15 s!       yes

Threads, then, for SQLite, locks and password hashes would hold up all of a gevent worker; gevent
also took a third more processor time for a page (22 ms for 17). More of them than such clients are
likely; and what is left, `Worker` mends. A proxy that buffers slow clients keeps more off them.

`X-Forwarded-Proto` reaches Django as it is, so the proxy has to set or drop it, and
`forwarded_allow_ips` can stay at loopback.
"""

import os
import socket
import struct
from concurrent.futures import Future
from logging import Filter, LogRecord

from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn, ThreadWorker

from quantix.environment import whole_number
from quantix.logs import MaskingFormatter

# How long a thread waits for a client that neither sends nor reads: a C timeval of 10 seconds.
CLIENT_PATIENCE = struct.pack("ll", 10, 0)


class Worker(ThreadWorker):
    """gthread, of which a client can hold up one thread for a while, and the main thread never."""

    def enqueue_req(self, conn: TConn) -> None:
        # gthread reads and writes without a limit: half a request would cost a thread for good.
        # Not `settimeout`, which gthread undoes before it reads.
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            conn.sock.setsockopt(socket.SOL_SOCKET, option, CLIENT_PATIENCE)
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> object:
        kept = super().handle(conn)
        if kept is False:
            # Waits two seconds for a client that does not close its side. gthread does it on the
            # main thread, where it holds up everybody else.
            conn.close(graceful=True)
        return kept

    def finish_request(self, conn: TConn, request: Future[object]) -> None:
        if not request.cancelled() and not request.exception() and request.result() is False:
            self.nr_conns -= 1  # it is closed already
        else:
            super().finish_request(conn, request)


class NoSlowClients(Filter):
    """Drops the traceback of a client that was given up: no fault of ours, and there are many."""

    def filter(self, record: LogRecord) -> bool:
        return not (record.exc_info and record.exc_info[0] is BlockingIOError)


class MaskingLogger(Logger):
    """Also gunicorn's own messages name the path that was asked for, and it may hold a token."""

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
