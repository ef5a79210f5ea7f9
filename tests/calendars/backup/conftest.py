import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def clear_away(transactional_db: None) -> Iterator[None]:
    """Remove the old database that a restore keeps, so that the next test can restore."""
    yield
    if connection.vendor == "sqlite":
        database = Path(connection.settings_dict["NAME"])
        for kept in database.parent.glob(f"{database.name}.before-restore*"):
            kept.unlink()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a backup is to be written."""
    return tmp_path / "quantix.backup"


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of an empty database of another owner, who is no superuser."""
    database = connection.settings_dict
    # Several processes of the tests share the server.
    name, password = f"newcomer_{secrets.token_hex(4)}", secrets.token_hex(16)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        cursor.execute(f"CREATE DATABASE {name} OWNER {name}")
    yield f"postgres://{name}:{password}@{database['HOST']}:{database['PORT']}/{name}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name}")
        cursor.execute(f"DROP ROLE {name}")
