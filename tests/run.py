"""`make test`: all checks, on both databases. Arguments go to pytest, and then only pytest runs."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.servers.machine import (
    find_chromium,
    find_pgbouncer,
    find_postgresql,
    throwaway_postgresql,
)

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sysconfig.get_path("scripts"))
STYLE = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("djangofmt", "--check", "--quiet", "templates"),
    ("mypy", "."),
)
# tests/conftest.py reads these notes and shows them below the results, where they are seen.
NOTES = "QUANTIX_TEST_NOTES"
# A folder that all processes of pytest share, on whatever database.
SHARED = "QUANTIX_TEST_SHARED"


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    started = time.monotonic()
    chromium = find_chromium() or (install("chromium") and find_chromium())
    pgbouncer = find_pgbouncer() or (install("pgbouncer") and find_pgbouncer())
    notes = [] if arguments else check_style()
    failed = bool(notes)
    with ExitStack() as stack:
        os.environ[SHARED] = stack.enter_context(TemporaryDirectory(prefix="quantix-tests-"))
        postgresql = postgresql_url(stack)
        if not chromium:
            notes.append("NOT RUN: the tests in a browser, for there is no Chromium.")
        if not postgresql:
            notes.append("NOT RUN: the tests on PostgreSQL, for there is none.")
        if not pgbouncer:
            notes.append("NOT RUN: the tests behind PgBouncer, for there is none.")
        if not arguments:
            notes += [f"BEFORE A RELEASE: {fault}" for fault in release_faults()]
        incomplete = not (chromium and postgresql and pgbouncer)
        if postgresql:
            # Tests that do not depend on the database run on one of the two.
            on_sqlite, on_postgresql = ("-m", "not browser"), ("-m", "browser or not once")
            failed |= run_pytest("SQLite", "", [*on_sqlite, *arguments], notes)
            failed |= run_pytest("PostgreSQL", postgresql, [*on_postgresql, *arguments], notes)
        else:
            failed |= run_pytest("SQLite", "", arguments, notes)
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    sys.stdout.write(f"\n── {minutes} min {seconds} s in all\n")
    return int(failed or (incomplete and bool(os.environ.get("CI"))))


def check_style() -> list[str]:
    """Return the checks that failed, in words."""
    return [
        f"FAILED: {' '.join(command)}"
        for command in STYLE
        if run(f"{' '.join(command)}", [str(PROGRAMS / command[0]), *command[1:]])
    ]


def release_faults() -> list[str]:
    """Return what `make release-check` would refuse; it fails nothing here."""
    command = [sys.executable, "-m", "tests.release"]
    done = subprocess.run(command, check=False, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()


def postgresql_url(stack: ExitStack) -> str | None:
    if url := os.environ.get("TEST_DATABASE_URL"):
        return url
    programs = find_postgresql() or (install("postgresql") and find_postgresql())
    return stack.enter_context(throwaway_postgresql(programs)) if programs else None


def install(package: str) -> bool:
    """Return whether apt-get could install the package, which only root on Debian's kin can."""
    if os.geteuid() or not shutil.which("apt-get"):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return not any(
        run(" ".join(command), command, environment)
        for command in (
            ["apt-get", "update", "-q"],
            ["apt-get", "install", "-q", "-y", "--no-install-recommends", package],
        )
    )


def run_pytest(database: str, url: str, arguments: list[str], notes: list[str]) -> bool:
    """Return whether anything failed; if so, add where to `notes`."""
    environment = {**os.environ, "TEST_DATABASE_URL": url, NOTES: "\n".join(notes)}
    if not url:
        del environment["TEST_DATABASE_URL"]
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "worksteal", *arguments]
    code = run(f"pytest on {database}", command, environment)
    failed = code not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
    if failed:
        notes.append(f"FAILED: pytest on {database}, see above.")
    return failed


def run(title: str, command: list[str], environment: dict[str, str] | None = None) -> int:
    sys.stdout.write(f"\n── {title}\n")
    sys.stdout.flush()
    return subprocess.run(
        command, check=False, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL
    ).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
