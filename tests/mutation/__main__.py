"""`make mutate`: changes the code in many small ways, and says which of them no test notices.

    make mutate ARGS="booking/acts calendars/locks.py"     # these files
    make mutate ARGS="--since main"                        # the lines changed since a commit
    make mutate ARGS="booking/acts --tests tests/booking"  # by these tests alone

It runs on SQLite, without a browser; with DATABASE_URL, on the PostgreSQL of that address.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.playing import Player
from tests.run import ROOT

# A line for each: the file, what is changed, and why nobody could notice.
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
TESTS = ("tests/booking", "tests/calendars", "tests/onetime_links", "tests/product")
APPS = ("booking", "calendars", "onetime_links")


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    wanted = list(wanted_mutants(options.paths, options.since))
    equivalent = read_equivalent()
    player = Player([mutant for mutant in wanted if name_of(mutant) not in equivalent])
    if not player.mutants:
        sys.stdout.write("There is nothing to change.\n")
        return 0
    sys.stdout.write(f"{len(player.mutants)} changes; first, the tests run once as they are.\n")
    sys.stdout.flush()
    chosen = ["-p", "no:xdist", "-q", "--no-header", "-m", "not browser", *options.tests]
    pytest.main(chosen, plugins=[player])
    return report(player)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutate")
    parser.add_argument("paths", nargs="*", help="files or folders whose code is changed")
    parser.add_argument("--since", help="change only the lines that differ from this commit")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="the tests that should notice")
    options = parser.parse_args(arguments)
    if not (options.paths or options.since):
        parser.error("Name files or folders, or --since a commit.")
    return options


def wanted_mutants(paths: Sequence[str], since: str | None) -> Iterator[Mutant]:
    changed = lines_changed_since(since) if since else None
    for file in sorted(files_in(paths or APPS)):
        for mutant in mutants_of(file, (ROOT / file).read_bytes()):
            if changed is None or changed.get(str(file), set()) & set(mutant.lines):
                yield mutant


def files_in(paths: Sequence[str]) -> Iterator[Path]:
    for path in map(Path, paths):
        found = (ROOT / path).rglob("*.py") if (ROOT / path).is_dir() else [ROOT / path]
        yield from (each.relative_to(ROOT) for each in found if "migrations" not in each.parts)


def lines_changed_since(commit: str) -> dict[str, set[int]]:
    """Return the changed lines by file, numbered as they are now."""
    command = ["git", "diff", "--unified=0", "--no-color", commit, "--", *APPS]
    text = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    lines: dict[str, set[int]] = {}
    for file, hunks in re.findall(r"^\+\+\+ b/(.+)\n((?:(?!^diff ).*\n)*)", text, re.MULTILINE):
        for start, count in re.findall(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", hunks, re.MULTILINE):
            lines.setdefault(file, set()).update(range(int(start), int(start) + int(count or 1)))
    return lines


def read_equivalent() -> set[str]:
    """Return the names of the changes that no test could notice."""
    lines = EQUIVALENT.read_text().splitlines()
    return {line.rsplit(" | ", 1)[0] for line in lines if line and not line.startswith("#")}


def name_of(mutant: Mutant) -> str:
    return f"{mutant.file} {mutant.change}"


def report(player: Player) -> int:
    for fault in player.faults:
        sys.stdout.write(f"{fault}\n")
    for mutant in player.unreached:
        sys.stdout.write(f"no test gets there: {mutant}\n")
    unnoticed = len(player.survivors) + len(player.unreached)
    all_of_them = len(player.mutants)
    share = (all_of_them - unnoticed) / all_of_them
    sys.stdout.write(f"{all_of_them - unnoticed} of {all_of_them} noticed: {share:.1%}\n")
    return int(bool(player.faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
