"""Measure, and print a table of targets and figures, which `test-results/bench.md` keeps.

make bench
make bench ARGS="--only pages --database postgresql --quick"
"""

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmark.report import NOT_MEASURED, ReportRow, broken, table
from tests.run import install
from tests.support.servers import longrun
from tests.support.servers.installation import make_installation
from tests.support.servers.longrun import POSTGRESQL, SQLITE

# The modules of `parts`, in the order in which they run.
PARTS: dict[str, Sequence[str]] = {
    "pages": (POSTGRESQL, SQLITE),
    "amounts": (POSTGRESQL, SQLITE),
    "lists": (POSTGRESQL, SQLITE),
    "unprepared": (POSTGRESQL,),
    "upkeep": (POSTGRESQL,),
    "slot_rows": (POSTGRESQL,),
    "curves": (POSTGRESQL,),
    "workers": (POSTGRESQL,),
    "startup": (SQLITE,),
}


def main(arguments: list[str]) -> int:
    wanted = longrun.read("make bench", PARTS, arguments)
    if not shutil.which("wrk") and not install("wrk"):
        sys.exit("There is no wrk. Install it with: apt-get install wrk")
    rows: list[ReportRow] = []
    with tempfile.TemporaryDirectory(prefix="quantix-bench-") as name:
        installation = make_installation(Path(name) / "installation")
        for database in (POSTGRESQL, SQLITE):
            parts = [part for part in wanted.only or PARTS if database in PARTS[part]]
            if parts and wanted.database in {None, database.lower()}:
                rows += measure(database, parts, installation, quick=wanted.quick)
    longrun.publish("bench", table(rows))
    return int(not rows or any(row.verdict == NOT_MEASURED for row in rows))


def measure(
    database: str, parts: Sequence[str], installation: Path, *, quick: bool
) -> list[ReportRow]:
    """Return the rows of one database, measured in a process of its own."""
    sys.stdout.write(f"\n── {', '.join(parts)} on {database}\n")
    sys.stdout.flush()
    with (
        tempfile.TemporaryDirectory(prefix="quantix-bench-") as name,
        longrun.fresh_database(database, folder := Path(name), durable=True) as url,
    ):
        arguments = (str(installation), name, "quick" if quick else "long", *parts)
        figures, code = longrun.play("tests.benchmark.play", *arguments, folder=folder, url=url)
        rows = [ReportRow(**{**row, "what": f"{row['what']}, {database}"}) for row in figures]
        if code:
            rows.append(broken(f"the rest, {database}", f"it ended with code {code}"))
        if any(row.verdict == NOT_MEASURED for row in rows):
            longrun.keep_logs(folder, f"bench-{database}")
    return rows


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
