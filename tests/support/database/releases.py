"""Databases as the oldest release that can be upgraded has left them.

They hold that release's demo, time off, an answer, and an email that was due. `0.2.0.dump` was made
with `pg_dump --format=custom`, and `0.2.0.sqlite3.gz` with `VACUUM INTO`.
"""

import gzip
import shutil
from pathlib import Path

from tests.run import ROOT

OLDEST = "0.2.0"
FOLDER = ROOT / "tests" / "support" / "releases"


def oldest_release(vendor: str, folder: Path) -> Path:
    """Return a backup that the release has made; on SQLite, a file of its own in `folder`."""
    if vendor == "postgresql":
        return FOLDER / f"{OLDEST}.dump"
    path = folder / f"{OLDEST}.sqlite3"
    with gzip.open(FOLDER / f"{path.name}.gz") as packed, path.open("wb") as file:
        shutil.copyfileobj(packed, file)
    return path
