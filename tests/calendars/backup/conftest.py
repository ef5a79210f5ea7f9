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
