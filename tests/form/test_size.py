"""Functions stay short enough to be read at a glance."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.run import ROOT

pytestmark = pytest.mark.once

APPS = ("quantix", "calendars", "onetime_links", "booking")
LONGEST = 50
SHORT = 20
SHARE_OF_SHORT = 0.95


def lengths_in(code: str) -> Iterator[tuple[str, int]]:
    """Yield each function's name and its number of lines, from `def` on, docstring included."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield node.name, node.end_lineno - node.lineno + 1


def sources() -> Iterator[Path]:
    for app in APPS:
        yield from (path for path in (ROOT / app).rglob("*.py") if path.parent.name != "migrations")


def test_no_function_is_long() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{name}": lines
        for path in sources()
        for name, lines in lengths_in(path.read_text())
        if lines > LONGEST
    }
    assert long == {}


def test_most_functions_are_short() -> None:
    lengths = [lines for path in sources() for _name, lines in lengths_in(path.read_text())]
    assert sum(lines < SHORT for lines in lengths) >= SHARE_OF_SHORT * len(lengths)


def test_the_measure_counts_every_line() -> None:
    code = "@cache\ndef a():\n    # Why.\n\n    return 1\n\nclass B:\n    async def c(self): ...\n"
    assert dict(lengths_in(code)) == {"a": 4, "c": 1}
