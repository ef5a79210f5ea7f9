"""Play one scenario, in the process that `tests.soak` starts for it."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from tests.soak.stage import CaseRow, Stage


def main(name: str, installation: str, folder: str, speed: str) -> None:
    """Append every row to `folder`/rows, as a line of JSON."""
    django.setup()
    call_command("migrate", verbosity=0)
    stage = Stage(Path(installation), Path(folder), quick=speed == "quick")
    # The scenario's models need Django to be set up, so the import waits until now.
    rows: Iterator[CaseRow] = import_module(f"tests.soak.{name}").play(stage)
    with (stage.folder / "rows").open("a", buffering=1) as file:
        for row in timed(rows):
            file.write(f"{json.dumps(row)}\n")
            sys.stdout.write(f"{row['case']}: {row['requests']} requests, {row['seconds']} s\n")
            sys.stdout.writelines(f"  VIOLATION: {text}\n" for text in row["violations"])
            sys.stdout.flush()


def timed(rows: Iterator[CaseRow]) -> Iterator[dict[str, Any]]:
    started = time.monotonic()
    for row in rows:
        yield {**asdict(row), "seconds": round(time.monotonic() - started)}
        started = time.monotonic()


if __name__ == "__main__":
    main(*sys.argv[1:])
