"""The choice of the SQLite that runs: the machine's, or that of the package `pysqlite3`.

SQLite 3.7.0 to 3.51.2 can lose commits when several processes write and checkpoint in WAL mode: the
"WAL-reset bug" of https://sqlite.org/wal.html, fixed in 3.51.3, 3.50.7 and 3.44.6. Debian 12 and
13, and so the usual Python images, have such a version. `pysqlite3` is Python's own module with a
newer SQLite built in; there are wheels of it for CPython on Linux with an x86-64 processor.

Django's backend imports `sqlite3` by name, so the package takes that name in `sys.modules` before
the backend is loaded. Nothing else here depends on how Django is made. The package is used only for
the fix: a page takes as long with both (0.98 times, with eight clients).

The package tells primary error codes only (SQLITE_BUSY, never SQLITE_BUSY_SNAPSHOT), and its SQLite
leaves deleted content in the file unless `secure_delete` says otherwise: see the settings.
"""

import sqlite3
import sys

try:
    import pysqlite3
except ImportError:  # there is no wheel for this machine
    pysqlite3 = None

Version = tuple[int, ...]

FIXED = (3, 51, 3)
# The fix was also made in later releases of older lines.
BACKPORTS: dict[Version, Version] = {(3, 50): (3, 50, 7), (3, 44): (3, 44, 6)}


def may_lose_commits(version: Version) -> bool:
    """Return whether an SQLite of this version has the WAL-reset bug."""
    return version < BACKPORTS.get(version[:2], FIXED)


def choose() -> None:
    """Put the package in the place of Python's module if only the package has the fix."""
    if (
        pysqlite3
        and may_lose_commits(sqlite3.sqlite_version_info)
        and not may_lose_commits(pysqlite3.sqlite_version_info)
    ):
        sys.modules["sqlite3"] = pysqlite3
        sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


def warning(version: Version) -> str | None:
    """Return what an operator should know of SQLite in this version; None if all is well."""
    if not may_lose_commits(version):
        return None
    number = ".".join(map(str, version))
    return (
        f"SQLite {number} can, rarely, lose a booking that was confirmed:"
        " see “Which SQLite” in docs/deploy.md."
    )
