"""`make screenshots`: take a picture of every screen, and those that the README shows.

make screenshots ARGS="-k booking-page" takes only some. test-results/screenshots keeps them.
"""

import random
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page

from tests.conftest import RESULTS
from tests.run import ROOT
from tests.screenshots.scene import NOW, make_scene
from tests.screenshots.screens import SCREENS, Screen, Who
from tests.support.pages.browser import DESKTOP, PHONE, sign_in

FOLDER = RESULTS / "screenshots"
LOOKS: dict[str, dict[str, Any]] = {
    "390-light": PHONE,
    "390-dark": {**PHONE, "color_scheme": "dark"},
    "1280-light": DESKTOP,
    "1280-dark": {**DESKTOP, "color_scheme": "dark"},
}
PICTURES = {
    f"{name}-{look}": (screen, options)
    for name, screen in SCREENS.items()
    for look, options in [
        *LOOKS.items(),
        *((f"390-{language}", {**PHONE, "locale": language}) for language in screen.also),
    ]
}
README = {
    "booking-page-1280-light": "booking-page.png",
    "booking-page-390-dark": "booking-page-phone.png",
    "one-time-links-1280-light": "one-time-links.png",
}


@pytest.fixture(autouse=True)
def one_moment() -> Iterator[None]:
    """Stop the clock at one moment, so that pictures differ only where the pages do."""
    with time_machine.travel(NOW):
        yield


@pytest.fixture(autouse=True)
def same_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(5)  # secure enough: the database is thrown away
    monkeypatch.setattr(secrets, "choice", dice.choice)


@pytest.fixture
def allowed_errors() -> list[str]:
    return ["status of 4", "status of 5", "ERR_FAILED"]


@pytest.mark.parametrize("name", PICTURES)
def test_picture(name: str, new_page: Callable[..., Page], settings: Any, tmp_path: Path) -> None:
    (screen, options), scene = PICTURES[name], make_scene(settings, tmp_path)
    for arrange in screen.arrange:
        arrange(scene)
    page = new_page(**options, timezone_id="Europe/Berlin")
    if screen.who is Who.OWNER:
        sign_in(page, scene.owner)
    show(screen, screen.address.format(**vars(scene)), page)
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path, full_page=screen.whole, animations="disabled")
    if name in README:
        shutil.copy(path, ROOT / "docs" / README[name])


def show(screen: Screen, address: str, page: Page) -> None:
    if screen.before:
        screen.before(page)
    page.goto(address)
    if screen.act:
        screen.act(page)
        page.wait_for_load_state("networkidle")
