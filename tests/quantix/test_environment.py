"""The settings that installations write: sensible values work, and nonsense is refused by name,
without a word of what may be secret.
"""

import os
import re
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given, settings
from hypothesis import strategies as st

from quantix import environment, prepare
from quantix.environment import (
    database,
    folder,
    host_names,
    limit,
    mail_server,
    read_file,
    sender,
    switch,
    web_origin,
    whole_number,
)
from tests.run import ROOT
from tests.settings import ENVIRONMENT

pytestmark = pytest.mark.once

BASE = Path("/srv/quantix")
SECRETS = {"SECRET_KEY", "DATABASE_URL", "EMAIL_URL", "DEMO_PASSWORD"}


def reading(reader: Callable[..., Any], value: str, *arguments: Any, **options: Any) -> Any:
    with mock.patch.dict(os.environ, {"SETTING": value}, clear=True):
        return reader("SETTING", *arguments, **options)


@pytest.mark.parametrize(
    ("value", "origin"),
    [
        ("", "http://127.0.0.1:8000"),
        ("https://book.example.com", "https://book.example.com"),
        ("https://book.example.com/", "https://book.example.com"),
        (" https://book.example.com  ", "https://book.example.com"),
        ("HTTPS://Book.Example.com", "https://book.example.com"),
        ("https://book.example.com:443", "https://book.example.com"),
        ("http://book.example.com:80", "http://book.example.com"),
        ("https://book.example.com:8443", "https://book.example.com:8443"),
        ("https://büro.example", "https://xn--bro-hoa.example"),
        ("http://[fd00::5]:8403", "http://[fd00::5]:8403"),
        ("http://[FD00:0:0::5]", "http://[fd00::5]"),
        ("http://quantix", "http://quantix"),
    ],
)
def test_base_url(value: str, origin: str) -> None:
    assert reading(web_origin, value, "http://127.0.0.1:8000") == origin


@pytest.mark.parametrize(
    "value",
    [
        "book.example.com",
        "ftp://book.example.com",
        "https://book.example.com/quantix",
        "https://book.example.com?x=1",
        "https://book.example.com#x",
        "https://me@book.example.com",
        "https://book.example.com # ours",
        "https://book.example.com:0",
        "https://book.example.com:99999",
        "https://book.example.com:port",
        "https://a.example,b.example",
        "https://.example.com",
        "https://straße.example",
        "http://[fd00::zz]",
        "http://[fd00::5",
        "http://",
    ],
)
def test_base_url_that_is_none(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SETTING must look like https://"):
        reading(web_origin, value, "")


@pytest.mark.parametrize(
    ("value", "hosts"),
    [
        ("", []),
        ("a.example,b.example", ["a.example", "b.example"]),
        ("a.example, b.example ,", ["a.example", "b.example"]),
        ("Büro.example", ["xn--bro-hoa.example"]),
        ("fd00::5, [fd00::6]", ["[fd00::5]", "[fd00::6]"]),
        (".example.com", [".example.com"]),
        ("*", ["*"]),
    ],
)
def test_allowed_hosts(value: str, hosts: list[str]) -> None:
    assert reading(host_names, value) == hosts


@pytest.mark.parametrize("value", ["a.example:8000", "https://a.example", "a b", "a.example/x"])
def test_allowed_hosts_that_are_none(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SETTING must be host names"):
        reading(host_names, value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("postgres://me:pw@db.example:5433/quantix", ("db.example", "5433", "me", "pw")),
        ("postgresql://me:p%40%2F%23%25@db/quantix", ("db", "", "me", "p@/#%")),
        ("postgres://me:p@/#?w@db:5432/quantix", ("db", "5432", "me", "p@/#?w")),
        (
            "postgres://me:pw@%2Fvar%2Frun%2Fpostgresql/quantix",
            ("/var/run/postgresql", "", "me", "pw"),
        ),
        ("postgres:///quantix", ("", "", "", "")),
        ("postgres://me@[fd00::5]:5432/quantix", ("fd00::5", "5432", "me", "")),
        ("postgres://me:pw@one:5432,two:5433/quantix", ("one,two", "5432,5433", "me", "pw")),
    ],
)
def test_database_of_postgresql(value: str, expected: tuple[str, ...]) -> None:
    found = reading(database, value, "", base=BASE)
    assert tuple(found[name] for name in ("HOST", "PORT", "USER", "PASSWORD")) == expected
    assert (found["NAME"], found["ENGINE"]) == ("quantix", "django.db.backends.postgresql")


def test_options_of_the_database() -> None:
    value = "postgres://me:pw@db/quantix?sslmode=require&options=-c%20search_path%3Dq@x"
    found = reading(database, value, "", base=BASE)
    assert found["OPTIONS"] == {"sslmode": "require", "options": "-c search_path=q@x"}


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("sqlite:////data/quantix.sqlite3", "/data/quantix.sqlite3"),
        ("sqlite:////data/our%20own%3F.sqlite3", "/data/our own?.sqlite3"),
        ("sqlite:///quantix.sqlite3", "/srv/quantix/quantix.sqlite3"),
    ],
)
def test_database_of_sqlite(value: str, path: str) -> None:
    expected = {"ENGINE": "django.db.backends.sqlite3", "NAME": path}
    assert reading(database, value, "", base=BASE) == expected


@pytest.mark.parametrize(
    "value",
    [
        "nonsense",
        "mysql://me:geheim@db/quantix",
        "postgres://me:geheim@db",
        "postgres://me:geheim@db:many/quantix",
        "postgres://me:geheim@db/quan%00tix",
        "sqlite://geheim.sqlite3",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////",
    ],
)
def test_database_that_is_none(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SETTING must look like postgres://") as refused:
        reading(database, value, "", base=BASE)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "account"),
    [
        ("smtp+tls://me:pa/ss#wo?rd@mail.example.com", ("me", "pa/ss#wo?rd")),
        ("smtp+tls://me@example.com:p@ss@mail.example.com:587", ("me@example.com", "p@ss")),
        ("smtp://mail.example.com", (None, None)),
        ("smtp://[::1]:2525", (None, None)),
    ],
)
def test_account_at_the_mail_server(value: str, account: tuple[str | None, str | None]) -> None:
    found = reading(mail_server, value)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == account
    assert found["EMAIL_HOST"] in {"mail.example.com", "::1"}


@pytest.mark.parametrize(
    "value", ["mail.example.com", "http://mail.example.com", "smtp://geheim@", "smtp://m/geheim"]
)
def test_mail_server_that_is_none(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"SETTING must look like smtp\+tls") as refused:
        reading(mail_server, value)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a@b.example", "a@b.example"),
        ("Acme <a@b.example>", '"Acme" <a@b.example>'),
        ("Acme, Inc. <a@b.example>", '"Acme, Inc." <a@b.example>'),
        ('"Acme, Inc." <a@b.example>', '"Acme, Inc." <a@b.example>'),
        ("Büro <a@localhost>", '"Büro" <a@localhost>'),
    ],
)
def test_sender_of_emails(value: str, written: str) -> None:
    assert reading(sender, value, "") == written


@pytest.mark.parametrize("value", ["Acme", "Acme <a>", "a@b.example, c@d.example", "<<a@b.eu>"])
def test_sender_that_is_none(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SETTING must look like Quantix <"):
        reading(sender, value, "")


@pytest.mark.parametrize("value", ["often", "0 per hour", "9 per 999999999 years"])
def test_limit_that_is_none(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SETTING must look like “10 per"):
        reading(limit, value, "5 per hour")


def test_empty_limit_limits_nothing() -> None:
    assert reading(limit, " ", "5 per hour") == []


def test_folder_is_found_from_wherever_the_process_starts(tmp_path: Path) -> None:
    assert reading(folder, "mine", tmp_path, base=tmp_path) == tmp_path / "mine"
    assert reading(folder, str(tmp_path / "own"), tmp_path, base=BASE) == tmp_path / "own"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("SETTING=plain", "plain"),
        ("SETTING = with blanks ", "with blanks"),
        ("export SETTING=plain", "plain"),
        ("  SETTING=plain # a comment", "plain"),
        ("SETTING=pass#word", "pass#word"),
        ("SETTING='a # b' # a comment", "a # b"),
        ('SETTING="a # b"', "a # b"),
        ("SETTING=$money", "$money"),
        ("SETTING=", ""),
        ("SETTING=# nothing", ""),
    ],
)
def test_line_of_the_file(tmp_path: Path, line: str, value: str) -> None:
    (tmp_path / ".env").write_text(f"\ufeff# ours\n\n{line}\n")
    with mock.patch.dict(os.environ, {}, clear=True):
        read_file(tmp_path / ".env")
        assert os.environ == {"SETTING": value}
        assert environment.text("SETTING", "") == value


@pytest.mark.parametrize("line", ["geheim", "= geheim", "SETTING='geheim", "SET TING=geheim"])
def test_line_that_is_none_is_not_repeated(tmp_path: Path, line: str) -> None:
    (tmp_path / ".env").write_text(f"OTHER=1\n{line}\n")
    with pytest.raises(ImproperlyConfigured, match="line 2") as refused:
        read_file(tmp_path / ".env")
    assert "geheim" not in str(refused.value)


def test_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"SETTING=\xff\xfe")
    with pytest.raises(ImproperlyConfigured, match=r"\.env cannot be read"):
        read_file(tmp_path / ".env")


def test_what_is_set_already_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SETTING=file\n")
    with mock.patch.dict(os.environ, {"SETTING": "environment"}, clear=True):
        read_file(tmp_path / ".env")
        assert environment.text("SETTING") == "environment"


NAMES = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
# Whole numbers and switches that the start reads itself, not the settings.
ELSEWHERE = {
    "PORT": lambda: whole_number("PORT", 8000, at_most=65535),
    "WEB_CONCURRENCY": lambda: whole_number("WEB_CONCURRENCY", 2, at_most=1000),
    "DEMO": prepare.demo_wanted,
    "DEMO_PASSWORD": lambda: environment.text("DEMO_PASSWORD", ""),
}
PIECES = st.sampled_from(
    [
        *[
            "postgres",
            "sqlite",
            "smtp+tls",
            "https",
            "://",
            "@",
            ":",
            "/",
            "[",
            "]",
            "::",
            "%2F",
            "%00",
            "%zz",
            "#",
            "?",
            "=",
            "$",
            "`",
            "'",
            "<",
            ">",
            ",",
            "..",
        ],
        *("a.example", "0", "-1", "1e9", " per ", "hour", "½", "٣", "ß", " ", '"', "x" * 300),
        *("\u202e", "\x1b", "\udcff"),
    ]
)
ODD = st.lists(
    PIECES | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5),
    max_size=8,
)


def refusal_of(variables: Mapping[str, str]) -> str:
    """Return the error with which a start that reads every setting ends, or "" if it goes on."""
    with (
        mock.patch.object(environ.Env, "read_env"),
        mock.patch.dict(os.environ, {**ENVIRONMENT, **variables}, clear=True),
    ):
        try:
            runpy.run_path(str(ROOT / "quantix" / "settings.py"))
            for read in ELSEWHERE.values():
                read()
        except ImproperlyConfigured as refused:
            return str(refused)
    return ""


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(pieces=ODD)
def test_odd_value_is_taken_or_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, name: str, pieces: list[str]
) -> None:
    value = "".join(pieces)
    if name == "DATA_DIR":
        value = str(tmp_path_factory.getbasetemp() / "odd" / value.replace("/", "").strip("."))
    if refusal := refusal_of({name: value}):
        assert name in refusal
        assert len(refusal.splitlines()) == 1
        assert name not in SECRETS or len(value.strip()) <= 12 or value.strip() not in refusal


def test_settings_as_they_come_are_sound() -> None:
    assert refusal_of({}) == ""


def test_switches() -> None:
    assert [reading(switch, value) for value in ("1", "Yes", "0", "", " off ")] == [
        True,
        True,
        False,
        False,
        False,
    ]
