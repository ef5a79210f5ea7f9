from unittest import mock

import pytest
from django.db import DatabaseError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client


def test_healthz_needs_no_database(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_without_a_migration(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="booking").delete()
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"migrations missing\n")


def test_readyz_without_a_database(client: Client) -> None:
    with mock.patch("quantix.health.MigrationExecutor", side_effect=DatabaseError):
        response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"database unavailable\n")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_takes_no_post(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
