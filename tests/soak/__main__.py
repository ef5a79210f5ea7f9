"""Plays scenarios, prints their figures, and fails on any violation.

make soak
make soak ARGS="--only races --database sqlite --quick"
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.machine import find_postgresql, throwaway_postgresql
from tests.run import ROOT
from tests.servers import make_installation

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
# Each is a module of this package; in this order.
SCENARIOS: dict[str, Sequence[str]] = {
    "races": (SQLITE, POSTGRESQL),
    "crashes": (SQLITE, POSTGRESQL),
    "mail": (SQLITE, POSTGRESQL),
    "bots": (SQLITE, POSTGRESQL),
    "fuzz": (SQLITE, POSTGRESQL),
    # No page asks which database it comes from.
    "pages": (SQLITE,),
}
COLUMNS = (
    *("scenario", "database", "case", "clients", "requests", "kills", "seconds", "violations"),
    "note",
)
RESULTS = ROOT / "test-results"

Figures = dict[str, Any]


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    wanted = read(arguments)
    figures = []
    with tempfile.TemporaryDirectory(prefix="quantix-soak-") as name:
        installation = make_installation(Path(name) / "installation")
        for scenario in wanted.only or SCENARIOS:
            for database in SCENARIOS[scenario]:
                if wanted.database in {None, database.lower()}:
                    figures += play(scenario, database, installation, quick=wanted.quick)
    report = "".join(f"{line}\n" for line in table(figures))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "soak.md").write_text(report)
    sys.stdout.write(f"\n{report}")
    return int(not figures or any(row["violations"] for row in figures))


def read(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--only", action="append", choices=SCENARIOS, help="may be given twice")
    parser.add_argument("--database", choices=[SQLITE.lower(), POSTGRESQL.lower()])
    parser.add_argument("--quick", action="store_true", help="every case, but briefly")
    return parser.parse_args(arguments)


def play(scenario: str, database: str, installation: Path, *, quick: bool) -> list[Figures]:
    """The figures of one scenario on one database, in a process of its own."""
    sys.stdout.write(f"\n── {scenario} on {database}\n")
    sys.stdout.flush()
    with (
        tempfile.TemporaryDirectory(prefix=f"quantix-{scenario}-") as folder,
        fresh_database(database, Path(folder)) as url,
    ):
        code = subprocess.run(
            [
                *(sys.executable, "-m", "tests.soak.play"),
                *(scenario, str(installation), folder, "quick" if quick else "long"),
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "TEST_DATABASE_URL": url,
            },
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode
        rows = Path(folder) / "rows"
        lines = rows.read_text().splitlines() if rows.exists() else []
        figures: list[Figures] = [json.loads(line) for line in lines]
        if code:
            figures.append({"case": "(broken off)", "violations": [f"It ended with code {code}."]})
        if any(row["violations"] for row in figures):
            keep_logs(Path(folder), RESULTS / f"soak-{scenario}-{database}")
    return [{"scenario": scenario, "database": database, **row} for row in figures]


def keep_logs(folder: Path, kept: Path) -> None:
    """What the servers had to say, for whoever looks for the reason of a violation."""
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for log in folder.glob("*.log"):
        shutil.copy(log, kept)


@contextmanager
def fresh_database(database: str, folder: Path) -> Iterator[str]:
    """The address of an empty one."""
    if database == SQLITE:
        yield f"sqlite:///{folder / 'quantix.sqlite3'}"
        return
    programs = find_postgresql()
    if programs is None:
        sys.exit("There is no PostgreSQL. Install it with: apt-get install postgresql")
    with throwaway_postgresql(programs) as url:
        yield url


def table(figures: Sequence[Figures]) -> Iterator[str]:
    """Markdown, and below it every violation in words."""
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"|{' --- |' * len(COLUMNS)}"
    for row in figures:
        cells = {**row, "violations": len(row["violations"])}
        yield f"| {' | '.join(str(cells.get(name, '')) for name in COLUMNS)} |"
    for row in figures:
        for text in row["violations"]:
            yield f"\n{row['scenario']} on {row['database']}, {row['case']}: {text}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
