"""`manage.py backup` and `manage.py restore`: the way back, all of it or nothing."""

import os
import stat
from io import StringIO
from pathlib import Path
from signal import SIGKILL

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from booking.guards import GUARDS, guards_in_place
from booking.models import Booking
from booking.upkeep.invariants import examine
from calendars.guards import SESSIONS_END
from calendars.kit.search.triggers import missing_search_triggers
from calendars.models import Calendar, Owner
from onetime_links.models import OneTimeLink
from tests.settings import ENVIRONMENT
from tests.support.database.releases import oldest_release
from tests.support.servers.installation import Server, run_python
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

pytestmark = pytest.mark.django_db(transaction=True)

needs_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite")
needs_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL")


def backup(file: Path) -> None:
    call_command("backup", str(file), stdout=StringIO())


def restore(file: Path) -> str:
    output = StringIO()
    call_command("restore", str(file), stdout=output)
    return output.getvalue()


def database_path() -> Path:
    return Path(connection.settings_dict["NAME"])


def names() -> list[str]:
    return sorted(Calendar.objects.values_list("name", flat=True))


def test_restore_brings_back_what_was_there(file: Path) -> None:
    link = OneTimeLinkFactory.create(calendar__name="Kept")
    backup(file)
    before = guards_in_place()
    BookingFactory.create(calendar=link.calendar, one_time_link=link)
    CalendarFactory.create(name="Made since")
    told = restore(file)
    assert names() == ["Kept"]
    assert Booking.objects.count() == 0
    assert OneTimeLink.objects.active(at=timezone.now()).get() == link
    assert guards_in_place() == before >= GUARDS[connection.vendor]
    assert missing_search_triggers() == set()
    assert list(examine()) == []
    assert "links used since then are Active again" in told
    assert "migrate" not in told


@needs_postgresql
def test_restore_makes_the_function_that_a_new_database_lacks(file: Path) -> None:
    """pg_dump leaves functions out, and a trigger of the backup needs one."""
    backup(file)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP FUNCTION {SESSIONS_END} CASCADE")
    restore(file)
    assert guards_in_place() == GUARDS["postgresql"]


def test_restored_database_is_written_and_guarded_as_before(file: Path) -> None:
    booking = BookingFactory.create()
    backup(file)
    restore(file)
    later = BookingFactory.create(calendar=booking.calendar)
    assert later.pk > booking.pk
    overlapping = {"starts_at": booking.starts_at, "ends_at": booking.ends_at}
    with pytest.raises(IntegrityError):
        BookingFactory.create(calendar=booking.calendar, **overlapping)


def test_backup_is_for_its_owner_only_and_never_over_a_file(file: Path) -> None:
    before = os.umask(0)
    try:
        backup(file)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    written = file.read_bytes()
    with pytest.raises(CommandError, match="there already, and is left as it is"):
        backup(file)
    assert file.read_bytes() == written


def test_backup_into_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written: No such file"):
        backup(tmp_path / "nowhere" / "file")


@pytest.mark.parametrize("content", [b"", b"Dear diary", b"SQLite format 3\0", b"PGDMP"])
def test_file_that_is_not_ours_changes_nothing(file: Path, content: bytes) -> None:
    CalendarFactory.create(name="Here")
    file.write_bytes(content)
    with pytest.raises(CommandError, match="Nothing was restored"):
        restore(file)
    assert names() == ["Here"]


def test_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(CommandError, match=r"quantix\.backup cannot be read: No such file"):
        restore(file)


def test_backup_of_a_newer_version_changes_nothing(file: Path) -> None:
    later = MigrationRecorder.Migration.objects.create(app="booking", name="9999_later")
    try:
        backup(file)
    finally:
        later.delete()
    CalendarFactory.create(name="Here")
    with pytest.raises(CommandError, match=r"newer version: it has booking\.9999_later"):
        restore(file)
    assert names() == ["Here"]


def test_damaged_backup_changes_nothing(file: Path) -> None:
    for n in range(30):
        CalendarFactory.create(name=f"Here {n}")
    backup(file)
    os.truncate(file, file.stat().st_size * 2 // 3)
    with pytest.raises(CommandError, match="Nothing was restored"):
        restore(file)
    assert len(names()) == 30
    assert list(examine()) == []


def test_database_in_use_is_not_replaced(file: Path) -> None:
    backup(file)
    CalendarFactory.create(name="Here")
    other = connection.copy()
    other.ensure_connection()
    with other.cursor() as cursor:
        cursor.execute("SELECT 1")
    try:
        with pytest.raises(CommandError, match="The database is in use"):
            restore(file)
    finally:
        other.close()
    assert names() == ["Here"]


def test_server_may_run_during_a_backup_and_not_during_a_restore(
    file: Path, server_process: Server
) -> None:
    assert server_process.get("/readyz")[0] == 200
    backup(file)
    CalendarFactory.create(name="Here")
    with pytest.raises(CommandError, match="The database is in use"):
        restore(file)
    assert server_process.get("/readyz")[0] == 200
    assert names() == ["Here"]
    server_process.stop()
    restore(file)
    assert names() == []


def test_backup_of_an_older_version_leads_to_migrate(file: Path) -> None:
    rows = MigrationRecorder.Migration.objects
    last = rows.filter(app="booking").latest("name")
    last.delete()
    backup(file)
    last.save(force_insert=True)
    try:
        assert "run manage.py migrate" in restore(file)
    finally:
        rows.get_or_create(app=last.app, name=last.name)


# SQLite


@needs_sqlite
def test_old_file_is_kept_whole(file: Path) -> None:
    backup(file)
    CalendarFactory.create(name="Made since")
    kept = Path(f"{database_path()}.before-restore")
    assert f"kept as {kept}" in restore(file)
    assert stat.S_IMODE(database_path().stat().st_mode) == 0o600
    assert names() == []
    with pytest.raises(CommandError, match="from an earlier restore"):
        restore(file)
    kept.rename(file.with_name("kept"))
    restore(file.with_name("kept"))
    assert names() == ["Made since"]


@needs_sqlite
def test_restore_that_is_killed_leaves_the_database(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(file)
    CalendarFactory.create(name="Here")
    monkeypatch.setattr("calendars.backup.sqlite.swap", lambda *_: os.kill(os.getpid(), SIGKILL))
    connection.close()
    child = os.fork()
    if child == 0:
        # pytest's code must not continue in the child.
        try:
            restore(file)
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == SIGKILL
    assert names() == ["Here"]
    monkeypatch.undo()
    restore(file)
    assert names() == []


@needs_sqlite
def test_broken_database_can_be_replaced(file: Path, olive: Owner) -> None:
    backup(file)
    connection.close()
    database_path().write_bytes(b"x" * 5000)
    restore(file)
    assert Owner.objects.get() == olive


@needs_sqlite
def test_database_that_is_gone_can_be_restored(file: Path, olive: Owner) -> None:
    backup(file)
    connection.close()
    database_path().rename(file.with_name("moved"))
    assert "kept as" not in restore(file)
    assert Owner.objects.get() == olive


@needs_sqlite
def test_database_behind_a_link_is_replaced_where_it_is(file: Path, olive: Owner) -> None:
    backup(file)
    connection.close()
    link, real = database_path(), file.with_name("real.sqlite3")
    link.rename(real)
    link.symlink_to(real)
    try:
        assert f"kept as {real}.before-restore" in restore(file)
        assert link.is_symlink()
        assert Owner.objects.get() == olive
    finally:
        connection.close()
        link.unlink()
        real.rename(link)


@needs_sqlite
def test_copy_with_its_log_beside_it_is_refused(file: Path) -> None:
    backup(file)
    Path(f"{file}-wal").touch()
    with pytest.raises(CommandError, match="-wal belongs to it"):
        restore(file)


# PostgreSQL


@needs_postgresql
def test_tables_of_a_newer_version_go_and_those_of_others_stay(file: Path) -> None:
    backup(file)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE booking_later (booking bigint REFERENCES booking_booking)")
        cursor.execute("CREATE TABLE others (name text)")
    restore(file)
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE others")
    assert "others" in tables
    assert "booking_later" not in tables


@needs_postgresql
def test_restore_that_fails_at_its_end_changes_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(file)
    CalendarFactory.create(name="Here")
    monkeypatch.setattr("calendars.backup.postgresql.amendments", lambda *_, **__: ["BOOM"])
    with pytest.raises(CommandError, match=r"psql fails: .*BOOM"):
        restore(file)
    assert names() == ["Here"]


@needs_postgresql
def test_view_of_another_program_stops_the_restore(file: Path) -> None:
    backup(file)
    CalendarFactory.create(name="Here")
    with connection.cursor() as cursor:
        cursor.execute("CREATE VIEW report AS SELECT name FROM calendars_calendar")
    try:
        with pytest.raises(CommandError, match="other objects depend on"):
            restore(file)
        assert names() == ["Here"]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP VIEW report")


@needs_postgresql
@pytest.mark.parametrize("kind", ["ours", "the oldest release's"])
def test_restore_into_an_empty_database_of_another_owner(
    file: Path, checkout: Path, elsewhere: str, kind: str
) -> None:
    backup(file)
    chosen = file if kind == "ours" else oldest_release("postgresql", file.parent)
    variables = {**ENVIRONMENT, "DATABASE_URL": elsewhere}
    for command in (["restore", str(chosen)], ["migrate", "-v0"], ["check_invariants"]):
        done = run_python(checkout, "manage.py", *command, **variables)
        assert done.returncode == 0, done.stderr
    assert "The database is sound" in done.stdout


@needs_postgresql
def test_pg_dump_that_is_too_old_is_refused_in_a_sentence(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "pg_dump"
    fake.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6'\n")
    fake.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match=r"pg_dump is 9, and the server is PostgreSQL \d+\."):
        backup(file)
    assert not file.exists()
    fake.unlink()
    with pytest.raises(CommandError, match="pg_dump is not installed"):
        backup(file)


@needs_postgresql
def test_programs_are_told_no_password(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[str]] = []

    def note(program: str, arguments: list[str], *_: object) -> None:
        told.append([program, *arguments])
        raise AssertionError

    backup(file)
    monkeypatch.setattr("calendars.backup.programs.start", note)
    with pytest.raises(AssertionError):
        restore(file)
    assert connection.settings_dict["PASSWORD"] not in " ".join(told[0])
