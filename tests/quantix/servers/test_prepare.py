"""The checks before the server starts: a database that cannot be used is reported as such."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from quantix.prepare import check_encoding, check_version, migrate


@pytest.mark.django_db
def test_database_of_this_version_is_taken() -> None:
    check_encoding()
    check_version()


@pytest.mark.django_db
def test_database_of_a_newer_version_is_refused() -> None:
    MigrationRecorder.Migration.objects.create(app="booking", name="9999_later")
    with pytest.raises(ImproperlyConfigured, match=r"newer version: it has booking\.9999_later"):
        check_version()


@pytest.mark.django_db(transaction=True)
def test_start_looks_at_the_version_before_it_migrates(monkeypatch: pytest.MonkeyPatch) -> None:
    later = MigrationRecorder.Migration.objects.create(app="booking", name="9999_later")
    monkeypatch.setattr("quantix.prepare.call_command", lambda *_, **__: pytest.fail("migrated"))
    try:
        with pytest.raises(ImproperlyConfigured, match="newer version"):
            migrate()
    finally:
        later.delete()


@pytest.mark.django_db(transaction=True)
def test_database_that_is_not_utf8_is_refused() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite keeps all text as Unicode")
    name = f"{connection.settings_dict['NAME']}_latin"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(
            f"CREATE DATABASE \"{name}\" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
        )
    before = connection.settings_dict["NAME"]
    try:
        connection.close()
        connection.settings_dict["NAME"] = name
        with pytest.raises(ImproperlyConfigured, match="keeps text as LATIN1"):
            check_encoding()
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}"')
