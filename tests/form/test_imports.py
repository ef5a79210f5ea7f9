"""Imports point down: from app to app, and inside an app from floor to floor.

docs/architecture.md draws the floors. No import hides inside a function.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.run import ROOT

pytestmark = pytest.mark.once

MAY_IMPORT = {
    "calendars": {"calendars"},
    "onetime_links": {"onetime_links", "calendars"},
    "booking": {"booking", "onetime_links", "calendars"},
    # quantix may name the URL modules of apps as text and import calendars.kit, which has no model.
    "quantix": {"quantix", "calendars.kit"},
}
# The floors from the ground up. Rooms of a floor may import each other, but not across a "|".
FLOORS = {
    "booking": (
        "fields questions timewords uids guards decorators",
        "models",
        "access addresses ics",
        "times entries",
        "acts",
        "privacy",
        "client | delivery",
        "owner",
        "upkeep",
        "admin apps management templatetags urls",
    ),
    "calendars": (
        "kit tabs",
        "models",
        "access accounts addresses admin apps backup csvtext errors guards hours lifecycle locks "
        "management once outbox pages public_addresses rules schedule templatetags throttling "
        "typed urls webaddresses",
    ),
}
MOST_MODULES = 20
MOST_ENTRIES = 25
MODULES = [path for app in MAY_IMPORT for path in sorted((ROOT / app).rglob("*.py"))]
TESTS = (ROOT / "tests").rglob("*.py")
FOLDERS = sorted({path.parent for path in (*MODULES, *TESTS) if path.parent.name != "migrations"})


class Place(NamedTuple):
    """The place of a room; rooms of one floor but of two wings must not import each other."""

    floor: int
    wing: int


def places(app: str) -> dict[str, Place]:
    return {
        room: Place(floor, wing)
        for floor, line in enumerate(FLOORS[app])
        for wing, part in enumerate(line.split("|"))
        for room in part.split()
    }


def imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the modules that `node` imports from; after an app stands the imported name."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.level:
        # A relative import would evade the list of names.
        return ["(relative)"]
    module = node.module or ""
    return [f"{module}.{alias.name}" if "." not in module else module for alias in node.names]


def is_in(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def points_up(importer: str, imported: str, app: str) -> bool:
    """Return whether the room `importer` must not import the room `imported` of the same app."""
    floors = places(app)
    mine, theirs = floors[importer], floors[imported]
    return theirs.floor > mine.floor or (theirs.floor == mine.floor and theirs.wing != mine.wing)


def room_of(path: Path) -> str:
    return Path(path.relative_to(ROOT).parts[1]).stem


def climbing(path: Path) -> list[str]:
    """Return the imports of a module that lead up, or across, inside its own app."""
    app = path.relative_to(ROOT).parts[0]
    names = (name for node in imports(ast.parse(path.read_text())) for name in modules(node))
    own = (name.split(".") for name in names if name.startswith(f"{app}."))
    return [".".join(parts) for parts in own if points_up(room_of(path), parts[1], app)]


def in_rooms(path: Path) -> bool:
    """Return whether the module is in a room of the floors; migrations import what they need."""
    app, room = path.relative_to(ROOT).parts[0], room_of(path)
    return app in FLOORS and room not in {"__init__", "migrations"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    app = path.relative_to(ROOT).parts[0]
    tree = ast.parse(path.read_text())
    ours = (*MAY_IMPORT, "tests", "(relative)")
    imported = [name for node in imports(tree) for name in modules(node)]
    allowed = MAY_IMPORT[app]
    assert [name for name in imported if is_in(name, ours) and not is_in(name, allowed)] == []
    if in_rooms(path):
        assert climbing(path) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_inside_a_function(path: Path) -> None:
    functions = (
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert [function.name for function in functions if any(imports(function))] == []


@pytest.mark.parametrize("path", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_folder_is_a_room_and_no_warehouse(path: Path) -> None:
    assert len(list(path.glob("*.py"))) <= MOST_MODULES


def test_booking_is_seen_at_a_glance() -> None:
    entries = [each for each in (ROOT / "booking").iterdir() if each.name != "__pycache__"]
    assert len(entries) <= MOST_ENTRIES


@pytest.mark.parametrize("app", FLOORS)
def test_every_room_stands_on_a_floor(app: str) -> None:
    rooms = {room_of(path) for path in MODULES if path.is_relative_to(ROOT / app)}
    assert rooms - {"__init__", "migrations"} == set(places(app))


def test_the_check_sees_what_it_is_for() -> None:
    tree = ast.parse(
        "from booking.models import Booking\n"
        "import onetime_links.links\n"
        "from booking import urls\n"
        "from . import x"
    )
    assert [name for node in imports(tree) for name in modules(node)] == [
        "booking.models",
        "onetime_links.links",
        "booking.urls",
        "(relative)",
    ]
    assert points_up("client", "owner", "booking")
    assert points_up("client", "delivery", "booking")
    assert points_up("delivery", "client", "booking")
    assert points_up("kit", "models", "calendars")
    assert not points_up("owner", "client", "booking")
    assert not points_up("times", "times", "booking")
