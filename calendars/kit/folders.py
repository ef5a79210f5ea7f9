"""Folders that hold what only their user may read."""

from pathlib import Path


def make_private_folder(path: Path) -> None:
    """Make a folder for its user alone, and so those above it that are missing.

    `Path.mkdir` would make the folders above as open as the process's umask allows.
    """
    if not path.is_dir():
        make_private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
