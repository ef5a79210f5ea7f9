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


@pytest.mark.django_db
def test_readyz_on_a_database_of_a_newer_version(client: Client) -> None:
    MigrationRecorder.Migration.objects.create(app="booking", name="9999_later")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.content == b"database newer than this version\n"


@pytest.mark.django_db
def test_readyz_beside_the_tables_of_another_program(client: Client) -> None:
    MigrationRecorder.Migration.objects.create(app="wiki", name="0001_initial")
    assert client.get("/readyz").status_code == 200


def test_readyz_without_a_database(client: Client) -> None:
    with mock.patch("quantix.health.MigrationExecutor", side_effect=DatabaseError):
        response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"database unavailable\n")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_takes_no_post(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
