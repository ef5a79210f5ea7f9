"""Revoke, Undo, edits and answers at once; controls run them without the locks."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from time import sleep
from typing import Any

import pytest
from django.db import transaction

from onetime_links import links as links_module
from onetime_links import requests as requests_module
from onetime_links.invitations import working_links
from onetime_links.links import edit_link, revoke_link, undo_revoke
from onetime_links.models import LinkRequest, OneTimeLink, Status
from onetime_links.requests import answer_request
from tests.support.races.processes import race
from tests.support.world.factories import LinkRequestFactory, OneTimeLinkFactory

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


# One invitation, two tabs


@pytest.fixture
def slow_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time pass between the search for a working link and the change."""

    def slowly(key: int, *, at: datetime) -> Any:
        found = list(working_links(key, at=at).values_list("pk", flat=True))
        sleep(0.1)
        return OneTimeLink.objects.filter(pk__in=found)

    monkeypatch.setattr(links_module, "working_links", slowly)


@pytest.fixture
def asked() -> LinkRequest:
    """A request for a link that was revoked."""
    link = OneTimeLinkFactory.create(created_at=NOW - timedelta(days=1), revoked_at=NOW)
    return LinkRequestFactory.create(link=link)


def tabs(asked: LinkRequest) -> list[partial[OneTimeLink]]:
    undo = partial(undo_revoke, link=asked.link, now=NOW)
    answer = partial(answer_request, request=asked, now=NOW)
    return [undo, answer, undo, answer, undo, answer]


@pytest.mark.usefixtures("slow_search")
@pytest.mark.parametrize("turn", range(3))
def test_answer_against_undo_leaves_one_link_that_works(asked: LinkRequest, turn: int) -> None:
    runners = tabs(asked)
    outcomes = race(runners[turn:] + runners[:turn])
    assert set(outcomes) <= {"ok", "OtherLinkWorks"}
    working = OneTimeLink.objects.active(at=NOW).get()
    assert LinkRequest.objects.get().answer == working
    # The undo was refused if the answer came first, and else the answer is the restored link.
    assert ("OtherLinkWorks" in outcomes) == (working != asked.link)


@pytest.mark.usefixtures("slow_search")
def test_answer_against_a_later_expiry_leaves_one_link_that_works(asked: LinkRequest) -> None:
    OneTimeLink.objects.update(revoked_at=None, expires_at=NOW)
    extend = partial(edit_link, link=asked.link, expires_at=None, now=NOW)
    outcomes = race([extend, *tabs(asked)[1::2]])
    assert set(outcomes) <= {"ok", "OtherLinkWorks"}
    assert LinkRequest.objects.get().answer == OneTimeLink.objects.active(at=NOW).get()


@pytest.mark.usefixtures("slow_search")
def test_without_the_lock_two_links_work(
    asked: LinkRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "atomic", lambda *args, **kwargs: nullcontext())
    for module in (links_module, requests_module):
        monkeypatch.setattr(module, "lock_hosts", lambda ids: [])
        monkeypatch.setattr(module, "lock_link", lambda pk: None)
    race(tabs(asked))
    assert OneTimeLink.objects.active(at=NOW).count() > 1
