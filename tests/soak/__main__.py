"""Play scenarios, print their figures, and fail on any violation.

make soak
make soak ARGS="--only races --database sqlite --quick"
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.servers import longrun
from tests.support.servers.installation import make_installation
from tests.support.servers.longrun import POSTGRESQL, SQLITE, Figures

# The modules of this package, in the order in which they play.
SCENARIOS: dict[str, Sequence[str]] = {
    "races": (SQLITE, POSTGRESQL),
    "crashes": (SQLITE, POSTGRESQL),
    "mail": (SQLITE, POSTGRESQL),
    "bots": (SQLITE, POSTGRESQL),
    "fuzz": (SQLITE, POSTGRESQL),
    # Pages and calendar files do not depend on the database.
    "pages": (SQLITE,),
    "calendars": (SQLITE,),
}
COLUMNS = (
    *("scenario", "database", "case", "clients", "requests", "kills", "seconds", "violations"),
    "note",
)
# These cells stay empty instead of showing a zero.
COUNTS = {"clients", "requests", "kills"}


def main(arguments: list[str]) -> int:
    wanted = longrun.read("make soak", SCENARIOS, arguments)
    figures = []
    with tempfile.TemporaryDirectory(prefix="quantix-soak-") as name:
        installation = make_installation(Path(name) / "installation")
        for scenario in wanted.only or SCENARIOS:
            for database in SCENARIOS[scenario]:
                if wanted.database in {None, database.lower()}:
                    figures += play(scenario, database, installation, quick=wanted.quick)
    longrun.publish("soak", table(figures))
    return int(not figures or any(row["violations"] for row in figures))


def play(scenario: str, database: str, installation: Path, *, quick: bool) -> list[Figures]:
    """Return the figures of one scenario on one database, played in a process of its own."""
    sys.stdout.write(f"\n── {scenario} on {database}\n")
    sys.stdout.flush()
    with (
        tempfile.TemporaryDirectory(prefix=f"quantix-{scenario}-") as name,
        longrun.fresh_database(database, folder := Path(name)) as url,
    ):
        arguments = (scenario, str(installation), name, "quick" if quick else "long")
        figures, code = longrun.play("tests.soak.play", *arguments, folder=folder, url=url)
        if code:
            figures.append({"case": "(broken off)", "violations": [f"It ended with code {code}."]})
        if any(row["violations"] for row in figures):
            longrun.keep_logs(folder, f"soak-{scenario}-{database}")
    return [{"scenario": scenario, "database": database, **row} for row in figures]


def table(figures: Sequence[Figures]) -> Iterator[str]:
    """Yield a Markdown table, and below it every violation in words."""
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"|{' --- |' * len(COLUMNS)}"
    for row in figures:
        known = {name: value for name, value in row.items() if name not in COUNTS or value}
        cells = {**known, "violations": len(row["violations"])}
        yield f"| {' | '.join(str(cells.get(name, '')) for name in COLUMNS)} |"
    for row in figures:
        for text in row["violations"]:
            yield f"\n{row['scenario']} on {row['database']}, {row['case']}: {text}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
