"""Measure rows on one database, in the process that `tests.benchmark` starts for it."""

import json
import sys
import traceback
from contextlib import ExitStack
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TextIO

import django

from tests.benchmark.report import ReportRow, broken


def main(installation: str, folder: str, speed: str, *names: str) -> None:
    """Append every row to `folder`/rows, as a line of JSON."""
    django.setup()
    # The models need Django to be set up, so the import waits until now.
    make_lab = import_module("tests.benchmark.lab").Lab
    with ExitStack() as stack, Path(folder, "rows").open("a", buffering=1) as file:
        lab = make_lab(Path(installation), Path(folder), speed == "quick", stack)
        for name in names:
            try:
                for row in import_module(f"tests.benchmark.parts.{name}").measure(lab):
                    tell(row, file)
            except Exception as error:
                traceback.print_exc()
                tell(broken(name, f"{type(error).__name__}: {error}"), file)


def tell(row: ReportRow, file: TextIO) -> None:
    file.write(f"{json.dumps(asdict(row))}\n")
    sys.stdout.write(f"{row.what}: {row.figure} {row.verdict} {row.note}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
