"""Workers as an installation runs them: in processes of their own."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.settings import ENVIRONMENT
from tests.support.servers.installation import PATIENCE, clean_environment, database_url

WORK = ("manage.py", "work")


class Worker:
    """A process that delivers what is in the outbox; its output goes to `log`."""

    def __init__(self, folder: Path, log: Path, *program: str, **variables: str) -> None:
        self.log = log
        environment = {
            **ENVIRONMENT,
            "DATABASE_URL": database_url(),
            "DATA_DIR": str(log.parent / "data"),
            **variables,
        }
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *program],
                cwd=folder,
                env=clean_environment(**environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def kill(self) -> None:
        """Kill the worker with SIGKILL: it can neither finish nor write anything down."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask the worker to end, and return its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


@contextmanager
def worker(folder: Path, log: Path, *program: str, **variables: str) -> Iterator[Worker]:
    """Run a worker in the checkout `folder`; `program` replaces `work` as Python's arguments."""
    process = Worker(folder, log, *(program or WORK), **variables)
    try:
        yield process
    finally:
        process.kill()


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)
