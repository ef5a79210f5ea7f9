"""The layers of DESIGN section 4: no import points up, and none hides inside a function."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.run import ROOT

pytestmark = pytest.mark.once

MAY_IMPORT = {
    "calendars": {"calendars"},
    "onetime_links": {"onetime_links", "calendars"},
    "booking": {"booking", "onetime_links", "calendars"},
    # By name of the URL module only.
    "quantix": {"quantix"},
}
MODULES = [path for app in MAY_IMPORT for path in sorted((ROOT / app).rglob("*.py"))]


def imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def names(node: ast.Import | ast.ImportFrom) -> set[str]:
    """The top-level packages that `node` imports."""
    if isinstance(node, ast.ImportFrom):
        # A relative import is a way around the list of names.
        return {(node.module or "").split(".")[0] if not node.level else "(relative)"}
    return {alias.name.split(".")[0] for alias in node.names}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    app = path.relative_to(ROOT).parts[0]
    tree = ast.parse(path.read_text())
    imported = {name for node in imports(tree) for name in names(node)}
    assert imported & {*MAY_IMPORT, "tests", "(relative)"} <= MAY_IMPORT[app]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_inside_a_function(path: Path) -> None:
    functions = (
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert [function.name for function in functions if any(imports(function))] == []


def test_the_check_sees_what_it_is_for() -> None:
    tree = ast.parse(
        "from booking.models import Booking\nimport onetime_links.links\nfrom . import x"
    )
    assert {name for node in imports(tree) for name in names(node)} == {
        "booking",
        "onetime_links",
        "(relative)",
    }
