import re
import tomllib

import pytest

from tests.run import ROOT

pytestmark = pytest.mark.once

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME = PROJECT["project"]["dependencies"]
LOCKS = {
    "requirements.txt": RUNTIME,
    "requirements-dev.txt": [*RUNTIME, *PROJECT["dependency-groups"]["dev"]],
}


def name_of(requirement: str) -> str:
    """Return the name of the requirement, normalised by PEP 503."""
    [name] = re.findall(r"^[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not re.search(r"^--(?!hash)|index|find-links", text, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_pins_every_dependency_with_hashes(lock: str) -> None:
    # A line with a version ends in a backslash, because its hashes follow.
    pinned = set(
        re.findall(r"^([\w.-]+)==\S+(?: ;[^\\]*)? \\$", (ROOT / lock).read_text(), re.MULTILINE)
    )
    assert {name_of(requirement) for requirement in LOCKS[lock]} <= pinned


def test_development_has_the_versions_of_production() -> None:
    versions = {
        lock: dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))
        for lock in LOCKS
    }
    assert versions["requirements.txt"].items() <= versions["requirements-dev.txt"].items()
