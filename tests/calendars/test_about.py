"""The version, which `manage.py about` and the foot of the staff's pages tell."""

import re
import tomllib
from io import StringIO
from typing import Any

import pytest
from django import get_version
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from calendars.management.commands import about
from calendars.models import Owner
from tests.run import ROOT
from tests.support.world.factories import OwnerFactory

FOOT = re.compile(r'<footer [^>]*(?:version|id="footer")[^>]*>(.*?)</footer>', re.DOTALL)


def told() -> str:
    output = StringIO()
    call_command("about", stdout=output)
    return output.getvalue()


def foot(client: Client, address: str) -> str:
    match = FOOT.search(client.get(address).content.decode())
    return match[1].strip() if match else ""


@pytest.mark.once
def test_version_stands_in_pyproject(settings: Any) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == settings.VERSION


def test_about_tells_versions_and_kinds(db: None, settings: Any) -> None:
    settings.VERSION = "98.765.43"
    lines = told().splitlines()
    assert lines[0] == "Quantix 98.765.43"
    facts = {name: value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    assert facts["Django"] == get_version()
    assert re.fullmatch(r"(PostgreSQL|SQLite) \d+(\.\d+)+", facts["Database"])
    assert facts["Database"].startswith(connection.display_name)
    assert facts["Migrations"] == "all applied"


def test_about_counts_missing_migrations(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = [("a migration", False), ("another", False)]
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_: plan)
    assert "Migrations: 2 missing\n" in told()


@pytest.mark.once
def test_about_tells_where_emails_go(db: None, settings: Any) -> None:
    settings.EMAIL_FILE_PATH = "/data/mail"
    assert "Emails:     kept in /data/mail\n" in told()
    settings.EMAIL_BACKEND = about.SMTP
    assert "Emails:     sent by a mail server\n" in told()


@pytest.mark.once
def test_about_works_without_a_database(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("password authentication failed for user quantix")

    monkeypatch.setattr(connection, "get_database_version", refuse)
    assert f"Database:   unknown, as {connection.display_name} does not answer\n" in told()
    assert "password" not in told()


@pytest.mark.once
def test_about_tells_no_secret(db: None, settings: Any) -> None:
    settings.SECRET_KEY = "hush-hush-key"
    settings.EMAIL_HOST_PASSWORD = "hush-hush-mail"
    settings.DATABASES["default"]["PASSWORD"] = "hush-hush-database"
    assert "hush" not in told()


@pytest.mark.once
@pytest.mark.parametrize("address", ["/calendars/", "/bookings/", "/profile/", "/admin/"])
def test_foot_tells_staff_the_version(
    client: Client, settings: Any, db: None, address: str
) -> None:
    settings.VERSION = "98.765.43"
    client.force_login(OwnerFactory.create(is_staff=True, is_superuser=True))
    assert foot(client, address) == "Quantix 98.765.43"


@pytest.mark.once
def test_foot_tells_other_owners_nothing(client: Client, olive: Owner) -> None:
    client.force_login(olive)
    assert foot(client, "/calendars/") == ""
