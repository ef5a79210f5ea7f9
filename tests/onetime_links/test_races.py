"""Two Revokes at once, and a Revoke against an edit; a control runs them without the lock."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from time import sleep

import pytest
from django.db import transaction

from onetime_links import links as links_module
from onetime_links.links import edit_link, revoke_link, undo_revoke
from onetime_links.models import OneTimeLink, Status
from tests.support.races.processes import race
from tests.support.world.factories import OneTimeLinkFactory

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
RACERS = 6


@pytest.fixture
def link() -> OneTimeLink:
    return OneTimeLinkFactory.create(created_at=NOW - timedelta(days=1))


@pytest.fixture
def slow_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time pass between the check and the change."""
    status = OneTimeLink.status

    def slowly(link: OneTimeLink, *, at: datetime) -> Status:
        found = status(link, at=at)
        sleep(0.1)
        return found

    monkeypatch.setattr(OneTimeLink, "status", slowly)


def revokers(link: OneTimeLink) -> list[partial[OneTimeLink]]:
    return [partial(revoke_link, link=link, now=NOW + n * TICK) for n in range(RACERS)]


@pytest.mark.usefixtures("slow_status")
def test_one_of_many_revokes_wins(link: OneTimeLink) -> None:
    outcomes = race(revokers(link))
    assert sorted(outcomes) == ["LinkNotActive"] * (RACERS - 1) + ["ok"]
    # So the two minutes for Undo count from the Revoke that was reported as done.
    winner = outcomes.index("ok")
    assert OneTimeLink.objects.get().revoked_at == NOW + winner * TICK


@pytest.mark.usefixtures("slow_status")
def test_without_the_lock_more_than_one_wins(
    link: OneTimeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "atomic", lambda *args, **kwargs: nullcontext())
    monkeypatch.setattr(links_module, "lock_link", lambda pk: None)
    assert race(revokers(link)).count("ok") > 1


@pytest.mark.usefixtures("slow_status")
def test_edit_against_revoke_loses_neither(link: OneTimeLink) -> None:
    edit = partial(edit_link, link=link, note="Edited", expires_at=None, now=NOW)
    assert race([edit, partial(revoke_link, link=link, now=NOW)]) == ["ok", "ok"]
    changed = OneTimeLink.objects.get()
    assert (changed.note, changed.revoked_at) == ("Edited", NOW)


@pytest.mark.usefixtures("slow_status")
def test_edit_against_undo_loses_neither(link: OneTimeLink) -> None:
    OneTimeLink.objects.update(revoked_at=NOW)
    edit = partial(edit_link, link=link, note="Edited", expires_at=None, now=NOW)
    assert race([edit, partial(undo_revoke, link=link, now=NOW)]) == ["ok", "ok"]
    changed = OneTimeLink.objects.get()
    assert (changed.note, changed.revoked_at) == ("Edited", None)
