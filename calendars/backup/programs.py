"""PostgreSQL's own programs: `pg_dump`, `pg_restore` and `psql`."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

from calendars.backup.contents import BackupRefused

MISSING = "{} is not installed. It comes with PostgreSQL's client programs (postgresql-client)."


def run(program: str, *arguments: str, output: int = subprocess.PIPE) -> bytes:
    """Return what a program prints. Raises BackupRefused with its complaint if it fails."""
    with running(program, *arguments, output=output) as process:
        printed, _ = process.communicate()
    return printed or b""


@contextmanager
def running(
    program: str, *arguments: str, source: int | None = None, output: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program during the block. Raises BackupRefused after it if the program has failed."""
    # Its complaints go to a file: a pipe that nobody reads would fill up and stop it.
    with tempfile.TemporaryFile() as complaints:
        with start(program, arguments, source, output, complaints) as process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            complaints.seek(0)
            raise BackupRefused(f"{program} fails: {in_short(complaints.read())}")


def start(
    program: str, arguments: Sequence[str], source: int | None, output: int, complaints: IO[bytes]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603  a program of PostgreSQL, without a shell
            [program, *arguments],
            env={**os.environ, **secrets(), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL if source is None else source,
            stdout=output,
            stderr=complaints,
        )
    except FileNotFoundError:
        raise BackupRefused(MISSING.format(program)) from None


def server() -> list[str]:
    """Return the arguments that name the database. They hold no password: all users see them."""
    arguments, _ = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    return arguments[1:]


def secrets() -> dict[str, str]:
    """Return the environment with the password and, so that none waits long, a limit on locks."""
    _, environment = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    return {**(environment or {}), "PGOPTIONS": "-c lock_timeout=4s"}


def in_short(complaints: bytes) -> str:
    """Return the first error among a program's complaints."""
    lines = complaints.decode(errors="replace").strip().splitlines()
    errors = [line for line in lines if re.search(r"error|ERROR|FATAL", line)]
    return next(iter(errors or lines), "no reason is given.")


def check_version() -> None:
    """Refuse a `pg_dump` that is older than the server, which it could not read."""
    found = re.search(rb"(\d+)", run("pg_dump", "--version"))
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        needed = int(cursor.fetchone()[0]) // 10000
    if not found or int(found[1]) < needed:
        version = found[1].decode() if found else "of an unknown version"
        raise BackupRefused(
            f"pg_dump is {version}, and the server is PostgreSQL {needed}."
            f" Install the client programs of PostgreSQL {needed} or newer."
        )
