"""The main states of all pages, for everybody; `make soak` looks at every state."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from booking.mailbox import BACKEND
from tests.browser import PHONE
from tests.inspecting import every_look
from tests.run import ROOT
from tests.screens import SCREENS
from tests.world import World


@pytest.mark.parametrize("allowed_errors", [["status of 4"]])
def test_main_states_are_for_everybody(
    new_page: Callable[..., Page], db: None, settings: Any, allowed_errors: list[str]
) -> None:
    settings.EMAIL_BACKEND = BACKEND  # and so the notice above the owner's pages
    world = World.make()
    found: list[str] = []
    for screen in SCREENS:
        if screen.is_main:
            page = new_page(**PHONE)
            screen.open(page, world)
            found += (f"{screen.name}, {wrong}" for wrong in every_look(page))
            page.context.close()
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.once
def test_no_script_moves_anything() -> None:
    """What a style sheet moves, the reader's wish for less motion stops; not what a script does."""
    scripts = "".join(file.read_text() for file in (ROOT / "static").rglob("*.js"))
    assert scripts
    assert re.findall(r"smooth|\.animate\(|startViewTransition", scripts) == []
