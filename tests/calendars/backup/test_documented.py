"""The commands of docs/deploy.md run as they are written there."""

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from booking.models import Booking
from tests.run import ROOT
from tests.settings import ENVIRONMENT
from tests.support.database.releases import oldest_release
from tests.support.servers.installation import database_url, run_python
from tests.support.world.factories import BookingFactory

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = (ROOT / "docs" / "deploy.md").read_text()
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
# This one does not end by itself; these two make files, and have tests beside the container's.
ELSEWHERE = {"work", "compilemessages", "collectstatic"}


def lines_of(section: str) -> list[str]:
    """Return the commands of a section that stand in lines of their own, in order."""
    return re.findall(r"^    python (manage\.py .*)$", SECTIONS[section], re.MULTILINE)


def commands_in_text() -> list[str]:
    """Return the commands that the page names within its sentences and that take no file."""
    named = re.findall(r"`(?:python )?manage\.py ([^`]+)`", PAGE)
    documented = {line.split()[1] for name in SECTIONS for line in lines_of(name)}
    return sorted(set(named) - ELSEWHERE - documented)


@pytest.fixture
def run(installation: Path, tmp_path: Path) -> Callable[[str], None]:
    """Run a command on the test's database, with the documented folders inside of `tmp_path`."""

    def run(line: str) -> None:
        connection.close()
        moved = re.sub(r" /(backup|data)/", f" {tmp_path}/", line)
        variables = {
            "BASE_URL": "https://book.example.com",
            "DATABASE_URL": database_url(),
            "DATA_DIR": str(tmp_path),
            "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz0123456789ABCDEF",
        }
        done = run_python(installation, *shlex.split(moved), **{**ENVIRONMENT, **variables})
        assert (done.returncode, done.stderr) == (0, ""), line

    return run


def test_backup_and_restore(run: Callable[[str], None]) -> None:
    lines = lines_of("Backup and restore")
    assert [line.split()[1] for line in lines] == [
        *("backup", "restore", "migrate", "check_invariants")
    ]
    booking = BookingFactory.create()
    for line in lines:
        run(line)
    assert Booking.objects.get() == booking


def in_container(line: str) -> str:
    """Return what a line of `docker compose` runs in the container; "" if it only starts it."""
    line = line.removeprefix("docker compose ")
    if copied := re.fullmatch(r"cp web:(\S+) \.", line):
        return f"cp {copied[1]} ."
    if run := re.fullmatch(r"run --rm (?:-T )?--entrypoint (\S+) web (.*)", line):
        return f"{run[1]} {run[2]}"
    return line.removeprefix("exec web ") if line.startswith("exec web ") else ""


def test_backup_and_restore_with_compose(run: Callable[[str], None], tmp_path: Path) -> None:
    lines = re.findall(r"^    (docker compose .*)$", SECTIONS["Backup and restore"], re.MULTILINE)
    booking = BookingFactory.create()
    outside = tmp_path / "outside"
    outside.mkdir()
    for command in filter(None, map(in_container, lines)):
        program, arguments = command.split(maxsplit=1)
        if program == "python":
            run(arguments)
        else:
            moved = command.replace(" /data/", f" {tmp_path}/")
            subprocess.run(["sh", "-ec", moved], cwd=outside, check=True)
    assert Booking.objects.get() == booking
    assert [path.name for path in outside.iterdir()] == ["quantix-monday"]
    assert not (tmp_path / "quantix-monday").exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="moves to PostgreSQL")
def test_move_to_postgresql(run: Callable[[str], None], installation: Path, tmp_path: Path) -> None:
    path = oldest_release("sqlite", tmp_path).rename(tmp_path / "quantix.sqlite3")
    on_sqlite = {**ENVIRONMENT, "DATABASE_URL": f"sqlite:///{path}", "DATA_DIR": str(tmp_path)}
    assert run_python(installation, "manage.py", "migrate", "-v0", **on_sqlite).returncode == 0
    for line in lines_of("From SQLite to PostgreSQL"):
        run(line)
    assert Booking.objects.count() == 3


@pytest.mark.parametrize("command", commands_in_text())
def test_command_that_a_sentence_names(run: Callable[[str], None], command: str) -> None:
    run(f"manage.py {command}")
