"""Everything that docs/architecture.md names exists."""

import re

import pytest

from tests.run import ROOT
from tests.support.servers.installation import SOURCES

pytestmark = pytest.mark.once

PAGE = (ROOT / "docs" / "architecture.md").read_text()
# The picture in a code block has names of its own.
NAMED = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL))
PATHS = {name for name in NAMED if "/" in name and " " not in name} - {"management/commands"}
NAMES = {
    name for name in NAMED if re.fullmatch(r"\w+(\.\w+)*", name) and not (ROOT / name).exists()
}


def test_every_path_is_there() -> None:
    assert len(PATHS) > 40
    assert [path for path in sorted(PATHS) if not (ROOT / path).exists()] == []


def test_every_name_is_in_the_code() -> None:
    code = "".join(
        path.read_text()
        for folder in (*SOURCES, "tests/support")
        for path in (ROOT / folder).rglob("*.py")
    )
    words = set(re.findall(r"\w+", code))
    unknown = {name for name in NAMES if not set(name.split(".")) <= words}
    assert len(NAMES) > 15
    assert unknown == set()


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_whoever_arrives_is_led_there(document: str) -> None:
    assert "(docs/architecture.md)" in (ROOT / document).read_text()
