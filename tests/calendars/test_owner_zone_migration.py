"""The migration that gives every owner the zone of most of their calendars."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = ("calendars", "0005_validators"), ("calendars", "0006_owner_time_zone")

# The zones of an owner's calendars in the order of their keys; a star marks a deleted one.
OWNERS = {
    "none": ([], "UTC"),
    "one": (["Asia/Tokyo"], "Asia/Tokyo"),
    "most": (["UTC", "Asia/Tokyo", "Asia/Tokyo"], "Asia/Tokyo"),
    "tie": (["Europe/Paris", "Asia/Tokyo"], "Europe/Paris"),
    "deleted beside another": (["Asia/Tokyo*", "Asia/Tokyo*", "Europe/Paris"], "Europe/Paris"),
    "deleted alone": (["Europe/Paris*", "Asia/Tokyo*", "Asia/Tokyo*"], "Asia/Tokyo"),
    "tie with a deleted one": (
        ["Europe/Paris", "Asia/Tokyo", "Asia/Tokyo*"],
        "Asia/Tokyo",
    ),
}


def migrate(*targets: tuple[str, str]) -> Any:
    executor = MigrationExecutor(connection)
    return executor.migrate(list(targets)).apps


@pytest.fixture
def old_apps() -> Iterator[Any]:
    """The models before the migration; afterwards the database is migrated to the latest state."""
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrate(BEFORE)
    migrate(*latest)


def test_owners_have_the_zone_of_most_of_their_calendars(old_apps: Any) -> None:
    owner_model = old_apps.get_model("calendars", "Owner")
    calendar_model = old_apps.get_model("calendars", "Calendar")
    for name, (zones, _) in OWNERS.items():
        owner = owner_model.objects.create(email=f"{name}@example.com", display_name=name)
        for n, zone in enumerate(zones):
            calendar_model.objects.create(
                owner=owner,
                name=name,
                slug=f"{owner.pk}-{n}",
                time_zone=zone.rstrip("*"),
                deleted_at=timezone.now() if zone.endswith("*") else None,
            )
    new_owners = migrate(AFTER).get_model("calendars", "Owner").objects
    found = dict(new_owners.values_list("display_name", "time_zone"))
    assert found == {name: zone for name, (_, zone) in OWNERS.items()}
