"""The time that a second `make run` takes until it answers."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.benchmark.lab import Lab
from tests.benchmark.report import Bound, ReportRow, judged
from tests.run import ROOT
from tests.support.servers.installation import clean_environment, copy_checkout
from tests.support.servers.machine import free_port

TIME = Bound(5, 2, " s")
PATIENCE = 600


def measure(lab: Lab) -> Iterator[ReportRow]:
    """Measure on SQLite with its demo, as somebody tries Quantix out."""
    checkout = _make_checkout(lab.folder / "checkout")
    with _run(checkout) as first:
        pass
    times = []
    for _ in range(1 if lab.quick else 3):
        with _run(checkout) as seconds:
            times.append(seconds)
    note = f"the first one, which collects and migrates: {first:.1f} s"
    yield judged(
        "second `make run` to the first answer", sorted(times)[len(times) // 2], TIME, note
    )


def _make_checkout(folder: Path) -> Path:
    """Make a checkout that uses the packages installed in this one."""
    folder.mkdir()
    copy_checkout(folder)
    for name in ("Makefile", "requirements-dev.txt"):
        shutil.copy(ROOT / name, folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    for name in ("requirements.txt", "requirements-dev.txt"):
        os.utime(folder / name, (0, 0))
    return folder


@contextmanager
def _run(checkout: Path) -> Iterator[float]:
    """Run `make run` during the block; yield the seconds until the sign-in page was there."""
    port, started = free_port(), time.monotonic()
    process = subprocess.Popen(
        ["make", "run"],
        cwd=checkout,
        env=clean_environment(PORT=str(port)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > started + PATIENCE:
                raise RuntimeError(f"`make run` does not start: {process.poll()}")
            time.sleep(0.02)
        yield time.monotonic() - started
    finally:
        # The signal goes to make and its children: make ends when they do.
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _answers(port: int) -> bool:
    http = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        http.request("GET", "/sign-in/")
        return http.getresponse().status == 200
    except OSError:
        return False
    finally:
        http.close()
