"""The SQLite that runs keeps every commit, wherever such a version is available."""

import platform
import sys
from types import SimpleNamespace

import pytest
from django.db.backends.sqlite3 import base as django_backend

from quantix.prepare import sqlite_warning
from quantix.sqlite import library, sqlite3

pytestmark = pytest.mark.once

HAS_WHEEL = (sys.platform, platform.machine()) == ("linux", "x86_64")


@pytest.mark.parametrize(
    ("version", "may_lose"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 46, 1), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 0), False),
    ],
)
def test_versions_that_may_lose_commits(version: tuple[int, ...], may_lose: bool) -> None:
    assert library.may_lose_commits(version) is may_lose


@pytest.mark.skipif(not HAS_WHEEL, reason="there is no wheel of pysqlite3 for this machine")
def test_library_in_use_keeps_every_commit() -> None:
    assert not library.may_lose_commits(sqlite3.sqlite_version_info)


def test_backend_of_django_runs_on_the_library_that_was_chosen() -> None:
    database = django_backend.Database  # type: ignore[attr-defined]
    assert database.sqlite_version == sqlite3.sqlite_version


def test_machine_with_a_good_library_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    good = SimpleNamespace(sqlite_version_info=(3, 53, 0))
    monkeypatch.setattr(library, "sqlite3", good)
    monkeypatch.setitem(sys.modules, "sqlite3", good)
    library.choose()
    assert vars(sys)["modules"]["sqlite3"] is good


def test_machine_without_the_package_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    poor = SimpleNamespace(sqlite_version_info=(3, 40, 1))
    monkeypatch.setattr(library, "sqlite3", poor)
    monkeypatch.setattr(library, "pysqlite3", None)
    monkeypatch.setitem(sys.modules, "sqlite3", poor)
    library.choose()
    assert vars(sys)["modules"]["sqlite3"] is poor


def test_start_tells_of_a_library_that_may_lose_commits() -> None:
    assert sqlite_warning("sqlite", (3, 53, 0)) is None
    assert sqlite_warning("postgresql", (3, 40, 1)) is None
    told = sqlite_warning("sqlite", (3, 40, 1))
    assert told
    assert "SQLite 3.40.1" in told
    assert "docs/deploy.md" in told
