"""Connections to SQLite stay open between requests, while their file may be replaced."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from stat import S_IMODE
from threading import Thread

import pytest
from django.db import OperationalError, close_old_connections, connection, connections
from django.db.utils import ConnectionHandler

from quantix.outage import is_outage
from quantix.sqlite import sqlite3
from quantix.sqlite.base import DatabaseWrapper
from quantix.sqlite.files import MAKING, close_to_others, make_private_file

pytestmark = [
    pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite"),
    # The connections of the tests' own databases are outside of a test's usual transaction.
    pytest.mark.django_db(transaction=True),
]


# A database of the test's own


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "kept.sqlite3"
    write(path, "old")
    return path


def wrapper_of(path: Path) -> DatabaseWrapper:
    settings = {**connection.settings_dict, "NAME": str(path)}
    handler = ConnectionHandler({"default": settings})
    wrapper = handler["default"]
    assert isinstance(wrapper, DatabaseWrapper)
    return wrapper


@pytest.fixture
def wrapper(path: Path) -> Iterator[DatabaseWrapper]:
    """Django's connection to the database, as a thread of the server has one."""
    with closing(wrapper_of(path)) as wrapper:
        yield wrapper


def write(path: Path, text: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE note (text)")
        made.execute("INSERT INTO note VALUES (?)", [text])


def notes(database: DatabaseWrapper) -> list[str]:
    """Return the notes as a request reads them."""
    database.close_if_unusable_or_obsolete()
    with database.cursor() as cursor:
        cursor.execute("SELECT text FROM note")
        return [text for (text,) in cursor.fetchall()]


def add(database: DatabaseWrapper, text: str) -> None:
    with database.cursor() as cursor:
        cursor.execute("INSERT INTO note VALUES (%s)", [text])


def replace(path: Path, *, text: str) -> None:
    """Replace the database by another one while it is in use."""
    other = path.with_name("other.sqlite3")
    write(other, text)
    path.rename(path.with_name("before.sqlite3"))
    other.rename(path)


def read_aside(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as aside:
        return [text for (text,) in aside.execute("SELECT text FROM note")]


def test_connection_is_kept(wrapper: DatabaseWrapper) -> None:
    assert notes(wrapper) == ["old"]
    kept = wrapper.connection
    assert notes(wrapper) == ["old"]
    assert wrapper.connection is kept


def test_replaced_file_is_read_by_the_next_request(wrapper: DatabaseWrapper, path: Path) -> None:
    add(wrapper, "added")
    replace(path, text="new")
    assert notes(wrapper) == ["new"]
    add(wrapper, "later")
    assert read_aside(path) == ["new", "later"]


def test_log_of_the_old_file_is_not_played_into_the_new_one(
    wrapper: DatabaseWrapper, path: Path
) -> None:
    # These commits are in the log alone and touch pages that the new file has as well.
    for n in range(300):
        add(wrapper, f"{n} {'x' * 200}")
    replace(path, text="new")
    assert notes(wrapper) == ["new"]
    with wrapper.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        assert cursor.fetchall() == [("ok",)]


def test_log_beside_the_file_that_a_link_leads_to_is_not_played_into_the_new_one(
    path: Path, tmp_path: Path
) -> None:
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "quantix.sqlite3"
    link.symlink_to(path)
    with closing(wrapper_of(link)) as wrapper, closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM note").fetchall()  # keeps the commits in the log
        for n in range(300):
            add(wrapper, f"{n} {'x' * 200}")
        replace(path, text="new")
        assert notes(wrapper) == ["new"]
        assert read_aside(path) == ["new"]


def test_link_to_another_file_leaves_both_logs(path: Path, tmp_path: Path) -> None:
    link, other = tmp_path / "link.sqlite3", tmp_path / "second.sqlite3"
    write(other, "second")
    link.symlink_to(path)
    with closing(wrapper_of(link)) as wrapper, closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM note").fetchall()
        add(wrapper, "in the log")
        link.unlink()
        link.symlink_to(other)
        assert notes(wrapper) == ["second"]
        assert read_aside(path) == ["old", "in the log"]


def test_old_file_keeps_what_was_committed(wrapper: DatabaseWrapper, path: Path) -> None:
    add(wrapper, "added")
    replace(path, text="new")
    assert notes(wrapper) == ["new"]
    assert read_aside(path.with_name("before.sqlite3")) == ["old", "added"]


def test_log_that_another_thread_has_begun_for_the_new_file_stays(
    wrapper: DatabaseWrapper, path: Path
) -> None:
    other = wrapper.copy()
    with closing(other):
        assert notes(wrapper) == notes(other) == ["old"]
        replace(path, text="new")
        assert notes(other) == ["new"]
        add(other, "in the log")
        assert notes(wrapper) == ["new", "in the log"]


@pytest.mark.parametrize("kind", ["the same thread", "a new one"])
def test_file_that_is_gone_is_not_made_anew(
    wrapper: DatabaseWrapper, path: Path, kind: str
) -> None:
    assert notes(wrapper) == ["old"]
    path.rename(path.with_name("moved.sqlite3"))
    asked = wrapper if kind == "the same thread" else wrapper.copy()
    with pytest.raises(OperationalError, match="unable to open") as caught:
        notes(asked)
    assert is_outage(caught.value)
    assert not path.exists()


def test_file_that_comes_back_has_lost_nothing(wrapper: DatabaseWrapper, path: Path) -> None:
    add(wrapper, "added")
    path.rename(path.with_name("moved.sqlite3"))
    with pytest.raises(OperationalError):
        notes(wrapper)
    path.with_name("moved.sqlite3").rename(path)
    assert notes(wrapper) == ["old", "added"]


def test_file_is_looked_for_around_each_request(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        DatabaseWrapper, "close_if_unusable_or_obsolete", lambda self: asked.append(self.alias)
    )
    connections["default"].ensure_connection()
    close_old_connections()
    assert "default" in asked


def test_transaction_is_never_broken_off(
    wrapper: DatabaseWrapper, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert notes(wrapper) == ["old"]
    kept = wrapper.connection
    replace(path, text="new")
    with monkeypatch.context() as patched:
        patched.setattr(wrapper, "in_atomic_block", True)
        wrapper.close_if_unusable_or_obsolete()
        assert wrapper.connection is kept
    assert notes(wrapper) == ["new"]


def test_query_that_was_given_up_does_not_hold_the_past(wrapper: DatabaseWrapper) -> None:
    for n in range(300):
        add(wrapper, f"{n}")

    def give_up() -> None:
        cursor = wrapper.cursor()
        cursor.execute("SELECT text FROM note")
        assert cursor.fetchone() == ("old",)
        raise RuntimeError("in the middle of the rows")

    with pytest.raises(RuntimeError):
        give_up()
    other = wrapper.copy()
    with closing(other):
        add(other, "new")
    assert "new" in notes(wrapper)


def test_error_costs_the_connection(wrapper: DatabaseWrapper) -> None:
    assert notes(wrapper) == ["old"]
    kept = wrapper.connection
    with pytest.raises(OperationalError), wrapper.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert notes(wrapper) == ["old"]
    assert wrapper.connection is not kept


def test_each_thread_has_a_connection_of_its_own() -> None:
    found: list[object] = []

    def look() -> None:
        connections["default"].ensure_connection()
        found.append(connections["default"].connection)
        connections.close_all()

    threads = [Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(each) for each in found}) == 2


def test_forked_process_opens_a_connection_of_its_own() -> None:
    connections["default"].ensure_connection()
    kept = connections["default"].connection
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        # pytest's code must not continue in the child.
        try:
            inherited = connections["default"].connection
            connections["default"].ensure_connection()
            own = connections["default"].connection
            os.write(writer, b"own" if inherited is None and own is not kept else b"shared")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 10) == b"own"
    assert connections["default"].connection is kept
    os.close(reader)
    os.close(writer)


def modes(path: Path) -> dict[str, int]:
    return {each.name: S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}


def test_log_that_is_open_to_others_is_closed(wrapper: DatabaseWrapper, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("INSERT INTO note VALUES ('in the log')")
        for each in path.parent.iterdir():
            each.chmod(0o644)
        assert notes(wrapper) == ["old", "in the log"]
        names = ("kept.sqlite3", "kept.sqlite3-wal", "kept.sqlite3-shm")
        assert modes(path) == dict.fromkeys(names, 0o600)


def test_file_that_only_the_user_may_read_stays_so(wrapper: DatabaseWrapper, path: Path) -> None:
    path.chmod(0o444)
    close_to_others(str(path))
    assert modes(path) == {"kept.sqlite3": 0o400}


def test_threads_that_make_the_database_at_once_keep_their_locks(tmp_path: Path) -> None:
    """A thread that has made the file closes it before another thread locks it.

    To close a file drops the locks of the whole process on it, also those of other threads.
    """
    path = str(tmp_path / "new.sqlite3")
    threads = [Thread(target=make_private_file, args=[path]) for _ in range(8)]
    with MAKING:
        for thread in threads:
            thread.start()
        assert not Path(path).exists()
    for thread in threads:
        thread.join()
    assert modes(Path(path)) == {"new.sqlite3": 0o600}
