"""Everything that docs/security.md names exists: tests, files, commands of the soak."""

import re
import shlex

import pytest

from tests.run import ROOT
from tests.soak.__main__ import SCENARIOS

pytestmark = pytest.mark.once

PAGE = (ROOT / "docs" / "security.md").read_text()
TESTS = list((ROOT / "tests").rglob("*.py"))


def test_every_test_is_there() -> None:
    code = "".join(path.read_text() for path in TESTS)
    there = {path.stem for path in TESTS} | set(re.findall(r"\bdef (test_\w+)", code))
    named = set(re.findall(r"\b(test_\w+)", PAGE))
    assert len(named) > 40
    assert named - there == set()


def test_every_path_is_there() -> None:
    paths = set(re.findall(r"`(\w+/[\w./]+)`", PAGE)) | set(re.findall(r"\]\((\w+\.md)\)", PAGE))
    assert len(paths) > 15
    missing = {
        path for path in paths if not (ROOT / path).exists() and not (ROOT / "docs" / path).exists()
    }
    assert missing == set()


def test_every_scenario_of_the_soak_has_its_line() -> None:
    lines = [
        shlex.split(line, comments=True) for line in re.findall(r"^    (make .*)$", PAGE, re.M)
    ]
    assert lines.pop(0) == ["make", "soak"]
    assert lines == [["make", "soak", f"ARGS=--only {name}"] for name in SCENARIOS]
    rows = set(re.findall(r"^\| (\w+) \| (?:SQLite|PostgreSQL) \|", PAGE, re.MULTILINE))
    assert rows <= set(SCENARIOS)
