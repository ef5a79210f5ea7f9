"""The migration that gives the database its identity, and its emails of before."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = ("calendars", "0006_owner_time_zone"), ("calendars", "0007_database_identity")


def migrate(*targets: tuple[str, str]) -> Any:
    executor = MigrationExecutor(connection)
    return executor.migrate(list(targets)).apps


@pytest.fixture
def old_apps() -> Iterator[Any]:
    """The models before the migration; afterwards the database is migrated to the latest state."""
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrate(BEFORE)
    migrate(*latest)


def made_identity() -> Any:
    return migrate(AFTER).get_model("calendars", "DatabaseIdentity").objects.get()


def test_database_with_owners_has_the_emails_since_it_was_made(old_apps: Any) -> None:
    old_apps.get_model("calendars", "Owner").objects.create(email="olive@example.com")
    first = MigrationRecorder.Migration.objects.earliest("applied")
    assert made_identity().former_emails_since == first.applied


def test_backup_of_before_gets_the_same_identity_and_another_database_does_not(
    old_apps: Any,
) -> None:
    old_apps.get_model("calendars", "Owner").objects.create(email="olive@example.com")
    key = made_identity().key
    migrate(BEFORE)
    assert made_identity().key == key
    migrate(BEFORE)
    first = MigrationRecorder.Migration.objects.earliest("applied")
    applied = MigrationRecorder.Migration.objects.filter(pk=first.pk)
    applied.update(applied=first.applied - timedelta(microseconds=1))
    assert made_identity().key != key
    applied.update(applied=first.applied)


def test_new_database_has_no_emails_of_before(old_apps: Any) -> None:
    assert made_identity().former_emails_since is None


def test_no_two_new_databases_have_the_same_identity(old_apps: Any) -> None:
    key = made_identity().key
    migrate(BEFORE)
    assert made_identity().key != key
