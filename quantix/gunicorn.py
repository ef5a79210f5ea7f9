"""gunicorn's settings. It speaks plain HTTP: anything but loopback belongs behind a proxy.

The proxy must buffer slow clients: a gthread worker waits up to two seconds on its main thread for
a client that does not close. `X-Forwarded-Proto` reaches Django as it is, so the proxy has to set
or drop it, and `forwarded_allow_ips` can stay at loopback.
"""

import os

from gunicorn.config import Config
from gunicorn.glogging import Logger

from quantix.logs import MaskTokens


class MaskingLogger(Logger):
    """Also gunicorn's own messages name the path that was asked for, and it may hold a token."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            handler.addFilter(MaskTokens())


bind = "127.0.0.1:8000"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4  # fewer than a process's pool of PostgreSQL connections, so none waits for one
timeout = 30
graceful_timeout = 15
keepalive = 5
logger_class = MaskingLogger
# Off: without it, gunicorn opens a socket under $HOME, where none may be written.
control_socket_disable = True
if os.access("/dev/shm", os.W_OK):  # noqa: S108
    # On a slow disk a heartbeat would block, and its worker be killed for it.
    worker_tmp_dir = "/dev/shm"  # noqa: S108
