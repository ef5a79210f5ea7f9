"""Backup and restore of an SQLite database.

SQLite itself writes the backup (VACUUM INTO), from one moment and while clients book. A restore
checks and prepares a copy beside the database, and then swaps the two by renaming.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection
from django.db.utils import ConnectionHandler

from calendars.backup.amendments import amendments
from calendars.backup.contents import (
    IN_USE,
    MIGRATIONS,
    BackupRefused,
    check_migrations,
    check_tables,
)
from calendars.backup.files import first_bytes, fsync_folder, new_file
from calendars.kit.databases import Migration

HEADER = b"SQLite format 3\0"
# SQLite keeps these beside a database that is open.
BESIDE = ("-wal", "-shm", "-journal")


def write_backup(file: Path) -> None:
    with new_file(file):
        writing = faults_in_words(f"The database cannot be written to {file}")
        with writing, connection.cursor() as cursor:
            # SQLite takes a file that is there if it is empty.
            cursor.execute("VACUUM INTO %s", [str(file)])
        with faults_in_words(f"{file} is damaged"), opened(file) as backup:
            check_file(backup, file=str(file))


def restore_backup(file: Path, *, now: datetime) -> str:
    """Put the backup in the place of the database, and return where the old one is kept."""
    check_header(file)
    check_alone(file)
    # Behind a symbolic link, the file is replaced, and the link stays.
    database = Path(connection.settings_dict["NAME"]).resolve()
    kept = database.with_name(f"{database.name}.before-restore")
    if kept.exists():
        raise BackupRefused(f"{kept} is there from an earlier restore. Move it away first.")
    connection.close()
    fresh = database.with_name(f"{database.name}.restoring")
    fresh.unlink(missing_ok=True)  # of a restore that was broken off
    try:
        prepare_copy(file, fresh, now=now)
        with unused(database):
            swap(database, fresh, kept)
    finally:
        fresh.unlink(missing_ok=True)
    return f"The database of before is kept as {kept}." if kept.exists() else ""


def check_header(file: Path) -> None:
    header = first_bytes(file)
    if header.startswith(b"PGDMP"):
        raise BackupRefused(f"{file} is a backup of PostgreSQL, and this database is SQLite.")
    if header != HEADER:
        raise BackupRefused(f"{file} is not a backup of Quantix.")


def check_alone(file: Path) -> None:
    """Refuse a copy of a database in use: its newest bookings are in the log beside it."""
    if Path(f"{file}-wal").exists():
        raise BackupRefused(
            f"{file} is a database in use, or a copy of one: {file}-wal belongs to it."
        )


def prepare_copy(file: Path, fresh: Path, *, now: datetime) -> None:
    """Copy the backup to `fresh`, check the copy, and amend it."""
    with new_file(fresh) as descriptor:
        with file.open("rb") as source, os.fdopen(os.dup(descriptor), "wb") as target:
            shutil.copyfileobj(source, target)
        with faults_in_words(f"{file} is damaged"), opened(fresh) as copy:
            tables = check_file(copy, file=str(file))
            check_migrations(migrations_of(copy), file=str(file))
            for statement in amendments(tables, now=now):
                copy.execute(statement)
            # Otherwise a copy of a file in WAL mode would leave a log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")


def check_file(database: Any, *, file: str) -> list[str]:
    """Refuse a database that is not ours or not whole; return the names of its tables."""
    tables = [name for (name,) in rows(database, "SELECT name FROM sqlite_master")]
    check_tables(tables, file=file)
    faults = [fault for (fault,) in rows(database, "PRAGMA integrity_check") if fault != "ok"]
    faults += [
        f"{table} refers to what is gone"
        for table, *_ in rows(database, "PRAGMA foreign_key_check")
    ]
    if faults:
        raise BackupRefused(f"{file} is damaged: {faults[0]}.")
    return tables


@contextmanager
def faults_in_words(what: str) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise BackupRefused(f"{what}: {error}.") from error


def migrations_of(database: Any) -> list[Migration]:
    return rows(database, f"SELECT app, name FROM {MIGRATIONS}")  # noqa: S608


def rows(database: Any, statement: str) -> list[Any]:
    database.execute(statement)
    return list(database.fetchall())


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Yield a cursor on a file other than the database; its statements are not a transaction."""
    settings = {"ENGINE": "quantix.sqlite", "NAME": str(path), "OPTIONS": {"timeout": 1}}
    other = ConnectionHandler({"default": settings})["default"]
    with closing(other), other.cursor() as cursor:
        yield cursor


@contextmanager
def unused(database: Path) -> Iterator[None]:
    """Refuse a database that another process has open, and keep others out during the block."""
    with ExitStack() as stack:
        # One that is gone or broken is a reason to restore a backup.
        if database.exists():
            with suppress(DatabaseError):
                lock(stack.enter_context(opened(database)))
        yield


def lock(database: Any) -> None:
    """Lock a database until it is closed. Refuses one that another process has open.

    SQLite leaves WAL mode only if nobody else has the file open, and then writes the whole log into
    the file: what is kept of it is one file, and complete.
    """
    try:
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute("BEGIN EXCLUSIVE")
    except DatabaseError as error:
        if "locked" in str(error):
            raise BackupRefused(IN_USE) from error
        raise


def swap(database: Path, fresh: Path, kept: Path) -> None:
    """Keep the database as `kept`, with what lies beside it, and put `fresh` in its place."""
    adopt(fresh, database)
    for end in BESIDE:
        with suppress(FileNotFoundError):
            os.rename(f"{database}{end}", f"{kept}{end}")
    keep(database, kept)
    os.rename(fresh, database)
    fsync_folder(database)


def keep(database: Path, kept: Path) -> None:
    """Give the database its second name.

    The first name stays where links are known. Otherwise a power cut now would leave no database,
    and the next start would make an empty one.
    """
    try:
        os.link(database, kept)
    except FileNotFoundError:
        return
    except OSError:
        os.rename(database, kept)


def adopt(fresh: Path, database: Path) -> None:
    """Give the new file to the user of the old one: Quantix could not open what root restored."""
    with suppress(FileNotFoundError, PermissionError):
        found = database.stat()
        os.chown(fresh, found.st_uid, found.st_gid)
