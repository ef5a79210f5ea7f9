"""The file of a backup: written for its owner's eyes only, and never over another file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calendars.backup.contents import BackupRefused


@contextmanager
def new_file(path: Path) -> Iterator[int]:
    """Make an empty file that only its owner can read, and yield its descriptor.

    If the block fails, the file is removed: half a backup must not be taken for one. Without
    O_EXCL, a file that was made since somebody looked would be overwritten.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise BackupRefused(f"{path} is there already, and is left as it is.") from None
    except OSError as error:
        raise BackupRefused(f"{path} cannot be written: {error.strerror}.") from error
    try:
        yield descriptor
        os.fsync(descriptor)
        fsync_folder(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def fsync_folder(path: Path) -> None:
    """Wait until the name of `path` is on the disk: without it, a power cut may undo a rename."""
    folder = os.open(path.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError as error:
        raise BackupRefused(f"{path} cannot be read: {error.strerror}.") from error
