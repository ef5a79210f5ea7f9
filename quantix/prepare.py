"""Prepares the database before the server starts, for `make run` and for the container."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_IRWXO

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.migrations.loader import MigrationLoader

from calendars.kit.databases import unknown_migrations
from quantix.environment import switch, text, whole_number
from quantix.sqlite import sqlite3
from quantix.sqlite.base import DatabaseWrapper
from quantix.sqlite.library import warning

MIGRATION_LOCK = 7165318204  # any number, the same in every process


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def faults_in_words() -> Iterator[None]:
    """End the program with a sentence instead of a traceback for faults an operator can repair."""
    try:
        yield
    except ImproperlyConfigured as error:
        sys.exit(f"Quantix cannot start: {error}")
    except DatabaseError as error:
        sys.exit(f"Quantix cannot start: the database refuses, see DATABASE_URL: {error}".strip())
    except KeyboardInterrupt:
        sys.exit(130)


def check_server_settings() -> None:
    """Check the settings that only gunicorn reads: it would show a traceback for a bad one."""
    whole_number("WEB_CONCURRENCY", 2, at_most=1000)


def demo_wanted() -> bool | None:
    """Return whether DEMO asks for the demo, or None if it is not set."""
    return switch("DEMO") if text("DEMO", "") else None


def migrate() -> None:
    """Bring the database up to date. Raises ImproperlyConfigured for one that cannot be used."""
    check_encoding()
    with one_at_a_time():
        check_version()
        call_command("migrate", interactive=False, verbosity=0)
    if words := sqlite_warning(connection.vendor, sqlite3.sqlite_version_info):
        say(words)
    for words in folder_warnings():
        say(words)


def check_encoding() -> None:
    """Refuse a PostgreSQL database that is not UTF-8: a name with an emoji would be an error."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        [encoding] = cursor.fetchone()
    if encoding != "UTF8":
        raise ImproperlyConfigured(
            f"the database of DATABASE_URL keeps text as {encoding}, and must keep it as UTF8."
            " Make one with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        )


def check_version() -> None:
    """Refuse a database that a newer version has migrated already: pages would fail on it."""
    if unknown := unknown_migrations(MigrationLoader(connection)):
        raise ImproperlyConfigured(
            f"the database is of a newer version: it has {unknown[-1]}."
            " Start that version again, or restore a backup from before it."
        )


def sqlite_warning(vendor: str, version: tuple[int, ...]) -> str | None:
    """Return what an operator should know of the SQLite that runs; None if all is well."""
    return warning(version) if vendor == "sqlite" else None


def folder_warnings() -> Iterator[str]:
    """Yield a sentence for each folder with data that users outside its group can enter or read.

    Quantix makes its folders for its user alone. One that was there before may be shared with
    others on purpose, so it is named and left as it is.
    """
    for folder in folders_of_data():
        if folder.stat().st_mode & S_IRWXO:
            yield (
                f"Every user of this machine can enter the folder {folder}, which Quantix did not"
                " make. Quantix's files in it are closed to them;"
                f" “chmod o= {shlex.quote(str(folder))}” closes the folder, too."
            )


def folders_of_data() -> list[Path]:
    """Return DATA_DIR, and the folder of the SQLite file if that is another one."""
    folders = [Path(settings.DATA_DIR).resolve()]
    wrapper = connections[DEFAULT_DB_ALIAS]
    if isinstance(wrapper, DatabaseWrapper) and wrapper.path:
        folders.append(Path(wrapper.path).resolve().parent)
    return list(dict.fromkeys(folders))


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let only one process migrate a PostgreSQL: several hosts may start at the same moment."""
    if connection.vendor != "postgresql":
        yield
        return
    # The lock is that of a transaction, and so needs a connection of its own. Behind PgBouncer, a
    # lock of a session would stay with the server's connection that happened to take it.
    holder = connection.copy()
    holder.set_autocommit(False)
    try:
        with holder.cursor() as cursor:
            # The other processes wait for as long as the migrations of the first one take.
            cursor.execute("SET LOCAL lock_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        yield
        holder.rollback()
    finally:
        holder.close()


def is_empty() -> bool:
    return not get_user_model().objects.exists()


def fill_with_demo() -> None:
    if not text("DEMO_PASSWORD", ""):
        raise ImproperlyConfigured("DEMO_PASSWORD is not set, and the demo's owner needs one.")
    call_command("demo")
