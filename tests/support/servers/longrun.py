"""The common parts of `make soak` and `make bench`: programs that run in processes of their own.

Each program runs on an empty database that is thrown away afterwards, and appends its results to
the file `rows` of its folder, one line of JSON for each.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.run import ROOT, install
from tests.support.servers.machine import find_postgresql, throwaway_cluster, throwaway_postgresql

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
RESULTS = ROOT / "test-results"

Figures = dict[str, Any]


def read(program: str, parts: Collection[str], arguments: list[str]) -> argparse.Namespace:
    """Parse the arguments. From here on SIGTERM ends the program in order, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    parser = argparse.ArgumentParser(prog=program)
    parser.add_argument("--only", action="append", choices=parts, help="may be given twice")
    parser.add_argument("--database", choices=[SQLITE.lower(), POSTGRESQL.lower()])
    parser.add_argument("--quick", action="store_true", help="everything, but briefly")
    return parser.parse_args(arguments)


def play(module: str, *arguments: str, folder: Path, url: str) -> tuple[list[Figures], int]:
    """Run `module` as a program on the database at `url`; return its rows and its exit code."""
    code = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_DATABASE_URL": url},
        stdin=subprocess.DEVNULL,
        check=False,
    ).returncode
    rows = folder / "rows"
    lines = rows.read_text().splitlines() if rows.exists() else []
    return [json.loads(line) for line in lines], code


def keep_logs(folder: Path, name: str) -> None:
    """Keep the servers' logs for anybody who looks for a reason."""
    kept = RESULTS / name
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for log in folder.glob("*.log"):
        shutil.copy(log, kept)


def publish(name: str, lines: Iterable[str]) -> None:
    report = "".join(f"{line}\n" for line in lines)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(report)
    sys.stdout.write(f"\n{report}")


@contextmanager
def fresh_database(database: str, folder: Path, *, durable: bool = False) -> Iterator[str]:
    """Yield the address of an empty database; if `durable`, it waits for the disk as in production.

    A durable PostgreSQL runs without autovacuum, because its work would be counted as that of the
    measured program.
    """
    if database == SQLITE:
        yield f"sqlite:///{folder / 'quantix.sqlite3'}"
        return
    programs = find_postgresql() or (install("postgresql") and find_postgresql())
    if not programs:
        sys.exit("There is no PostgreSQL. Install it with: apt-get install postgresql")
    if not durable:
        with throwaway_postgresql(programs) as url:
            yield url
        return
    options = {"shared_buffers": "256MB", "max_wal_size": "4GB", "autovacuum": "off"}
    with throwaway_cluster(programs, **options) as cluster:
        yield cluster.url
