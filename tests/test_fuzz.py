from typing import Any

import pytest

from tests.fuzzing import World, fuzz

# `make soak` does it on both databases, and longer.
pytestmark = pytest.mark.once

TRIES = 500


def test_nothing_answers_5xx(db: None, settings: Any) -> None:
    settings.SIGN_UP_OPEN = True
    world = World.make()
    fuzz(world, tries=TRIES)
    assert world.statuses.total() >= TRIES
    # Not all was nonsense: pages were shown, forms refused and taken.
    assert {200, 302, 404, 405, 422} <= set(world.statuses)
