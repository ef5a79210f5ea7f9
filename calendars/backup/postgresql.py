"""Backup and restore of a PostgreSQL database.

`pg_dump` writes the backup, from one moment and while clients book. A restore is one transaction:
it drops the tables of before, makes those of the backup, and amends them. If any of it fails, the
database stays as it was.
"""

import re
import subprocess
from collections import defaultdict
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from django.db import connection

from calendars import guards
from calendars.backup import programs
from calendars.backup.amendments import amendments
from calendars.backup.contents import (
    IN_USE,
    MARKS,
    MIGRATIONS,
    BackupRefused,
    check_migrations,
    check_tables,
    prefixes,
)
from calendars.backup.files import first_bytes, new_file
from calendars.kit.databases import Migration
from calendars.kit.search import triggers

# The indexes and the guard of the migrations need them. A new database has none.
EXTENSIONS = ("btree_gist", "btree_gin", "pg_trgm")
# Triggers of the tables run them.
FUNCTIONS = {
    triggers.EMPTY_SEARCH_TEXT: triggers.FUNCTION,
    guards.SESSIONS_END: guards.FUNCTION,
}
# Nobody's role but ours must be there, whoever owned the tables when the backup was made.
ANYBODYS = ("--no-owner", "--no-privileges")


def write_backup(file: Path) -> None:
    programs.check_version()
    tables = [f'--table="{schema()}".{prefix}*' for prefix in prefixes()]
    with new_file(file) as descriptor:
        programs.run(
            "pg_dump",
            *("--format=custom", *ANYBODYS, *tables, *programs.server()),
            output=descriptor,
        )
        check_file(file)
        # Reads all of it, and writes nothing.
        programs.run("pg_restore", "--file=/dev/null", str(file))


def restore_backup(file: Path, *, now: datetime) -> str:
    """Put what the backup holds in the place of Quantix's tables."""
    tables = check_file(file)
    check_migrations(migrations_of(file), file=str(file))
    check_unused()
    name = schema()
    # psql does not have that of DATABASE_URL, and pg_restore's script leaves none behind.
    search_path = f'SET LOCAL search_path TO "{name}"'
    before = ["BEGIN", search_path, *drop_statements(name), *needed_statements(file)]
    after = [search_path, *amendments(tables, now=now), "COMMIT"]
    with programs.running(
        "psql",
        *("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *programs.server()),
        source=subprocess.PIPE,
        output=subprocess.DEVNULL,
    ) as psql:
        write_script(psql, before=before, file=file, after=after)
    return ""


def write_script(
    psql: "subprocess.Popen[bytes]", *, before: list[str], file: Path, after: list[str]
) -> None:
    """Write the statements and the backup to `psql`.

    COMMIT comes last and from here. If pg_restore broke off, `psql --single-transaction` would
    take that for the end, and commit half a backup.
    """
    assert psql.stdin
    try:
        psql.stdin.write(script(before))
        psql.stdin.flush()
        arguments = (*ANYBODYS, f"--schema={schema()}", "--file=-", str(file))
        programs.run("pg_restore", *arguments, output=psql.stdin.fileno())
        psql.stdin.write(script(after))
        psql.stdin.flush()
    except (BrokenPipeError, BackupRefused):
        hang_up(psql.stdin)
        # If psql has failed, its reason is the better one.
        if psql.wait() == 0:
            raise
    else:
        hang_up(psql.stdin)


def hang_up(stdin: IO[bytes]) -> None:
    # Closing writes what a program that has ended did not read, and fails once more.
    with suppress(BrokenPipeError):
        stdin.close()


def script(statements: list[str]) -> bytes:
    return "".join(f"{statement};\n" for statement in statements).encode()


def drop_statements(name: str) -> list[str]:
    """Return what empties the schema of our tables, also of those that this version does not know.

    There is no CASCADE: if another program's view reads our tables, the restore is refused.
    """
    tables = ", ".join(f'"{name}"."{table}"' for table in tables_in_place(name))
    return [f"DROP TABLE {tables}"] if tables else []


def tables_in_place(name: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [name])
        return [table for (table,) in cursor.fetchall() if table.startswith(prefixes())]


def needed_statements(file: Path) -> list[str]:
    """Return what makes that on which the tables depend, and which a dump of tables lacks.

    A backup made with pg_dump alone has the functions, which must not be there already.
    """
    extensions = [f"CREATE EXTENSION IF NOT EXISTS {extension}" for extension in EXTENSIONS]
    drops = [f"DROP FUNCTION IF EXISTS {name}()" for name in FUNCTIONS]
    brought = functions_of(file)
    makes = [make for name, make in FUNCTIONS.items() if name not in brought]
    return [*extensions, *drops, *makes]


def functions_of(file: Path) -> set[str]:
    """Return the names of the functions that the backup has in our schema."""
    contents = programs.run("pg_restore", "--list", str(file)).decode()
    found = rf"^\d+; \d+ \d+ FUNCTION {re.escape(schema())} (\w+)\("
    return set(re.findall(found, contents, re.MULTILINE))


def schema() -> str:
    """Return the schema that Quantix's tables are in, or would be made in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        [name] = cursor.fetchone()
    if name is None:
        raise BackupRefused("The search_path of this database names no schema that is there.")
    return str(name)


def check_unused() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        if cursor.fetchone()[0]:
            raise BackupRefused(IN_USE)


def check_file(file: Path) -> list[str]:
    """Refuse a file that is not ours; return the names of its tables."""
    header = first_bytes(file)
    if header.startswith(b"SQLite format 3"):
        raise BackupRefused(
            f"{file} is SQLite's, and this database is PostgreSQL: see manage.py move_data."
        )
    if not header.startswith(b"PGDMP"):
        raise BackupRefused(f"{file} is not a backup of Quantix.")
    by_schema = tables_of(file)
    ours = schema()
    tables = by_schema.pop(ours, set())
    if not tables >= MARKS:
        check_other_schemas(by_schema, ours, file=file)
    check_tables(tables, file=str(file))
    return sorted(tables)


def check_other_schemas(by_schema: dict[str, set[str]], ours: str, *, file: Path) -> None:
    """Refuse a backup that has our tables in a schema of another name than `ours`, and say so."""
    for name, tables in by_schema.items():
        if tables >= MARKS:
            raise BackupRefused(
                f"{file} has Quantix's tables in the schema “{name}”, and this database in"
                f" “{ours}”. It can be restored where the search_path begins with “{name}”."
            )


def tables_of(file: Path) -> dict[str, set[str]]:
    """Return the names of the backup's tables, by the schema that they are in."""
    contents = programs.run("pg_restore", "--list", str(file)).decode()
    by_schema: defaultdict[str, set[str]] = defaultdict(set)
    found = re.findall(r"^\d+; \d+ \d+ TABLE DATA (\S+) (\S+) ", contents, re.MULTILINE)
    for name, table in found:
        by_schema[name].add(table)
    return by_schema


def migrations_of(file: Path) -> list[Migration]:
    """Return the migrations, by app and name, that the backup's database had."""
    # A backup made with pg_dump may hold another program's table of the same name.
    only = (f"--schema={schema()}", f"--table={MIGRATIONS}")
    arguments = ("--data-only", *only, "--file=-")
    text = programs.run("pg_restore", *arguments, str(file)).decode()
    [(columns, rows)] = re.findall(
        r"^COPY \S+ \((.*?)\) FROM stdin;\n(.*?)^\\\.$", text, re.MULTILINE | re.DOTALL
    )
    app, name = (columns.split(", ").index(column) for column in ("app", "name"))
    cells = [row.split("\t") for row in rows.splitlines()]
    return [(row[app], row[name]) for row in cells]
