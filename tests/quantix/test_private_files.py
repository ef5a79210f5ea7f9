"""What Quantix writes is its user's alone, whatever the umask and wherever the files lie.

Each case starts as an installation does, in a process of its own with a umask of 000.
"""

import json
from collections.abc import Callable
from pathlib import Path
from stat import S_IMODE

import pytest

from tests.settings import ENVIRONMENT
from tests.support.servers.installation import run_python

pytestmark = pytest.mark.once

NAMES = ("x.sqlite3", "x.sqlite3-wal", "x.sqlite3-shm")
# The log and its index are gone when the process has ended, so the process itself looks.
START = """
import json, os, sys
os.umask(0)
import django; django.setup()
from django.core.mail import send_mail
from django.db import connection
from quantix.prepare import migrate
migrate()
send_mail("Hello", "Text", None, ["cleo@example.com"])
found = [os.path.join(folder, name) for folder, _, names in os.walk(sys.argv[1]) for name in names]
print(json.dumps({name: os.stat(name).st_mode & 0o777 for name in found}))
"""


def start(checkout: Path, root: Path, **variables: str) -> tuple[str, dict[str, int]]:
    """Start in `root`; return what was said, and the modes of all files that are then in it."""
    environment = {
        "SECRET_KEY": ENVIRONMENT["SECRET_KEY"],
        "DJANGO_SETTINGS_MODULE": "quantix.settings",
        **variables,
    }
    done = run_python(checkout, "-c", START, str(root), **environment)
    assert done.returncode == 0, done.stderr
    *said, modes = done.stdout.splitlines()
    return "\n".join(said), {Path(name).name: mode for name, mode in json.loads(modes).items()}


def made(path: Path, mode: int) -> Path:
    path.mkdir()
    path.chmod(mode)
    return path


def mode_of(path: Path) -> int:
    return S_IMODE(path.stat().st_mode)


def new_folder(root: Path) -> Path:
    return root / "above" / "data"


def closed_folder(root: Path) -> Path:
    """A folder as the container's image makes /data."""
    return made(root / "data", 0o700)


def open_folder(root: Path) -> Path:
    return made(root / "data", 0o755)


def link_to_a_folder(root: Path) -> Path:
    (root / "link").symlink_to(made(root / "real", 0o755))
    return root / "link"


def folder_of_a_group(root: Path) -> Path:
    return made(root / "data", 0o770)


@pytest.mark.parametrize(
    ("place", "is_named"),
    [
        (new_folder, False),
        (closed_folder, False),
        (open_folder, True),
        (link_to_a_folder, True),
        (folder_of_a_group, False),
    ],
)
def test_files_in_the_data_folder(
    checkout: Path, tmp_path: Path, place: Callable[[Path], Path], is_named: bool
) -> None:
    folder = place(tmp_path)
    before = mode_of(folder) if folder.exists() else 0o700
    said, modes = start(checkout, tmp_path, DATA_DIR=str(folder))
    assert {"quantix.sqlite3", "quantix.sqlite3-wal", "quantix.sqlite3-shm"} < set(modes)
    assert set(modes.values()) == {0o600}
    assert len(modes) == 4  # with the email
    assert mode_of(folder) == before
    assert (f"can enter the folder {folder.resolve()}, " in said) == is_named
    folders = {path.resolve() for path in tmp_path.rglob("*") if path.is_dir()}
    assert {mode_of(path) for path in folders - {folder.resolve()}} == {0o700}


@pytest.mark.parametrize("is_link", [False, True])
def test_database_in_another_place(checkout: Path, tmp_path: Path, is_link: bool) -> None:
    elsewhere = made(tmp_path / "elsewhere", 0o777)
    path = elsewhere / "x.sqlite3"
    if is_link:
        path = tmp_path / "link.sqlite3"
        path.symlink_to(elsewhere / "x.sqlite3")
    url = f"sqlite:///{path}"
    said, modes = start(checkout, elsewhere, DATABASE_URL=url, DATA_DIR=str(tmp_path / "data"))
    assert modes == dict.fromkeys(NAMES, 0o600)
    assert mode_of(elsewhere) == 0o777
    assert said.count("can enter the folder") == 1
    assert f"can enter the folder {elsewhere}, " in said


def test_database_of_before_is_closed(checkout: Path, tmp_path: Path) -> None:
    variables = {"DATABASE_URL": f"sqlite:///{tmp_path / 'x.sqlite3'}"}
    variables["DATA_DIR"] = str(tmp_path / "data")
    start(checkout, tmp_path, **variables)
    (tmp_path / "x.sqlite3").chmod(0o644)
    _said, modes = start(checkout, tmp_path, **variables)
    assert {name: modes[name] for name in NAMES} == dict.fromkeys(NAMES, 0o600)
