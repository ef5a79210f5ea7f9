"""The cases of `tests/soak/race_cases.py`, once each: 60 clients of gunicorn at the same time."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.soak.arena import Arena
from tests.soak.race_cases import (
    Case,
    expiry_while_the_form_is_open,
    many_links_for_one_slot,
    one_link_for_many_slots,
)
from tests.soak.races import CASES, play_round, race_server
from tests.support.servers.installation import Server, changed, gunicorn

pytestmark = pytest.mark.django_db(transaction=True)
# Changes that take the locks out, and let time pass between the check of a slot and its booking.
SABOTAGE = (
    ("calendars/locks.py", ".select_for_update(no_key=True)", ""),
    ("onetime_links/links.py", ".select_for_update(no_key=True)", ""),
    ("onetime_links/links.py", '.select_for_update(of=("self",), no_key=True)', ""),
    ("quantix/settings.py", '"transaction_mode": "IMMEDIATE",', ""),
    (
        "booking/times/slots.py",
        "return slot in",
        "return not __import__('time').sleep(0.1) and slot in",
    ),
)
UNCHECKED = (
    ("booking/acts/book.py", "(status := link.status(at=now))", "(status := Status.ACTIVE)"),
)


@pytest.fixture(scope="module")
def server(
    installation: Path, tmp_path_factory: pytest.TempPathFactory, django_db_setup: None
) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("races") / "server.log"
    with race_server(partial(gunicorn, installation, log)) as server:
        yield server


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_race_of_sixty_clients(server: Server, case: Case) -> None:
    assert list(play_round(Arena(server, seed=case.__name__), case)) == []


@pytest.fixture
def unlocked_server(installation: Path, tmp_path: Path) -> Iterator[Server]:
    """Yield a server without the program's locks; the database's own guards are still there."""
    program = changed(installation, tmp_path / "unlocked", SABOTAGE)
    with race_server(partial(gunicorn, program, tmp_path / "server.log")) as server:
        yield server


def test_control_without_locks_clients_see_faults(unlocked_server: Server) -> None:
    """Requests that should have waited run into the database's guards, or into each other."""
    for case in (one_link_for_many_slots, many_links_for_one_slot):
        # Most rounds show faults, but with few processors the requests of a round may come in turn.
        assert any(sees_faults(unlocked_server, case, f"{case.__name__}{n}") for n in range(9))


def test_control_without_its_check_a_link_is_booked_after_it_expired(
    installation: Path, tmp_path: Path
) -> None:
    program = changed(installation, tmp_path / "unchecked", UNCHECKED)
    with race_server(partial(gunicorn, program, tmp_path / "server.log")) as server:
        found = list(play_round(Arena(server, seed="late"), expiry_while_the_form_is_open))
    assert any(text.startswith("bookings that arrived too late") for text in found)


def sees_faults(server: Server, case: Case, seed: str) -> bool:
    found = list(play_round(Arena(server, seed=seed), case))
    return any(text.startswith("answers that are faults") for text in found)
