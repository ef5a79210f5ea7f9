"""Backup and restore of the database in use, whichever it is."""

from datetime import datetime
from pathlib import Path

from django.db import connection

from calendars.backup import postgresql, sqlite

WRITE = {"postgresql": postgresql.write_backup, "sqlite": sqlite.write_backup}
RESTORE = {"postgresql": postgresql.restore_backup, "sqlite": sqlite.restore_backup}


def write_backup(file: Path) -> None:
    """Write the database into a new file, and check what was written. Raises BackupRefused."""
    WRITE[connection.vendor](file.absolute())


def restore_backup(file: Path, *, now: datetime) -> str:
    """Replace the database by a backup, end its sessions, and hold the deliveries due by `now`.

    Returns where the database of before is kept, in words; "" if it is not. Raises BackupRefused,
    and then the database is as it was.
    """
    return RESTORE[connection.vendor](file.absolute(), now=now)
