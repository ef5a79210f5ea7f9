"""The files that a database's path leads to.

A connection is kept from request to request, and the file may be replaced meanwhile: restored, or
swapped by renaming. The connection would go on writing into the old file, which nobody reads.

The files are for their user alone (0600), in whatever folder they are: the folder may be one that
others can enter, and a file that SQLite makes is as open as the process's umask allows.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from stat import S_IMODE
from threading import Lock

# A file by its device and inode. No other file gets the same while this one is open.
Identity = tuple[int, int]

PRIVATE = 0o600
MAKING = Lock()


def identity(path: str) -> Identity | None:
    """Return which file is at `path`; None if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def make_private_file(path: str) -> None:
    """Make an empty file for its user alone, if there is none. SQLite takes it for a new database.

    Closing a file drops all locks that the process has on it (POSIX). Under MAKING, no other thread
    can have opened the database before this one has closed its file.
    """
    # What is wrong with the folder, SQLite says when it opens the database.
    with MAKING, suppress(OSError):
        made = os.open(os.path.realpath(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        os.close(made)


def close_to_others(path: str) -> None:
    """Take away everybody's permissions but the user's on a database, its log and the log's index.

    SQLite gives a new log the permissions of its database, but leaves an old one as it is. Behind
    a link, the log is beside the file that the link leads to.
    """
    real = os.path.realpath(path)
    for name in (real, f"{real}-wal", f"{real}-shm"):
        # The file may be gone, or another user's, who alone may change its permissions.
        with suppress(OSError):
            mode = S_IMODE(os.stat(name).st_mode)
            if mode & ~PRIVATE:
                os.chmod(name, mode & PRIVATE)


@dataclass(frozen=True)
class Opened:
    """The files of a connection while it is open: the database, its log, and the log's index."""

    path: str
    # Where the files are: SQLite keeps the log beside the file that a link leads to.
    place: str
    database: Identity | None
    log: Identity | None
    index: Identity | None

    @property
    def is_in_place(self) -> bool:
        """Return whether the path still leads to this database."""
        return identity(self.path) == self.database

    def remove_log(self) -> None:
        """Remove the log and its index if another database has taken this one's place.

        SQLite finds a log by its name, and would apply it to the other database.
        """
        with locked(Path(self.place).parent):
            if identity(self.place) in {self.database, None}:
                return
            for name, then in ((f"{self.place}-wal", self.log), (f"{self.place}-shm", self.index)):
                if then and identity(name) == then:
                    os.unlink(name)


def opened(path: str, database: Identity | None) -> Opened:
    """Return the files of a connection just opened; `database` was at `path` before that.

    The caller looks before it opens the connection. If the file is replaced in between, the next
    request sees a difference and connects again. After a later look, the connection could keep the
    old file unnoticed.
    """
    place = os.path.realpath(path)
    return Opened(path, place, database, identity(f"{place}-wal"), identity(f"{place}-shm"))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder, so that only one thread or process at a time removes a log.

    Without it, one could remove the log that another has just begun for the new database.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        flock(descriptor, LOCK_EX)
        with suppress(FileNotFoundError):
            yield
    finally:
        os.close(descriptor)
