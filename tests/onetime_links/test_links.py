from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from calendars.kit.tokens import ALPHABET, make_token
from calendars.models import Calendar
from onetime_links.links import (
    UNDO_WINDOW,
    ExpiryFixed,
    ExpiryPassed,
    LinkNotActive,
    UndoTooLate,
    edit_link,
    generate_link,
    lock_link,
    revoke_link,
    undo_revoke,
)
from onetime_links.models import OneTimeLink, Status
from tests.support.world.factories import BookingFactory, OneTimeLinkFactory

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)


@pytest.fixture
def link(calendar: Calendar) -> OneTimeLink:
    return OneTimeLinkFactory.create(calendar=calendar, created_at=NOW - DAY)


def use(link: OneTimeLink) -> None:
    BookingFactory.create(calendar=link.calendar, one_time_link=link)


def stored(link: OneTimeLink) -> OneTimeLink:
    return OneTimeLink.objects.get(pk=link.pk)


# Generate


def test_generated_link_is_active_from_its_first_instant(calendar: Calendar) -> None:
    link = generate_link(calendar=calendar, now=NOW, note="Acme", expires_at=NOW + TICK)
    assert link.status(at=NOW) == Status.ACTIVE
    assert (link.note, link.created_at, link.expires_at) == ("Acme", NOW, NOW + TICK)


@pytest.mark.parametrize("expires_at", [NOW, NOW - TICK])
def test_expiry_must_lie_in_the_future(calendar: Calendar, expires_at: datetime) -> None:
    with pytest.raises(ExpiryPassed):
        generate_link(calendar=calendar, now=NOW, expires_at=expires_at)
    assert not OneTimeLink.objects.exists()


def test_database_refuses_expiry_before_creation(calendar: Calendar) -> None:
    with pytest.raises(IntegrityError):
        OneTimeLinkFactory.create(calendar=calendar, created_at=NOW, expires_at=NOW)


def test_tokens_are_22_of_base62() -> None:
    tokens = {make_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert {len(token) for token in tokens} == {22}
    assert set("".join(tokens)) == set(ALPHABET)
    assert len(ALPHABET) == 62


def test_short_address_tells_links_apart_and_opens_none(calendar: Calendar) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, token="k3JvP0tXq2mB7s9Qabcd9Q")
    assert link.short_address == "\u2066…/l/k3J…9Q\u2069"


def test_link_is_known_by_its_note_or_its_short_address(calendar: Calendar) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, token="k3JvP0tXq2mB7s9Qabcd9Q")
    assert link.name == "\u2066…/l/k3J…9Q\u2069"
    link.note = "Ms Ito"
    assert link.name == "Ms Ito"


def test_address_comes_from_the_setting(calendar: Calendar, settings: Any) -> None:
    settings.BASE_URL = "https://book.example.com"
    link = OneTimeLinkFactory.create(calendar=calendar)
    assert link.address == f"https://book.example.com/l/{link.token}/"


# Revoke and undo


def test_revoked_at_once(link: OneTimeLink) -> None:
    revoke_link(link=link, now=NOW)
    assert stored(link).revoked_at == NOW
    assert stored(link).status(at=NOW) == Status.REVOKED


def test_only_an_active_link_can_be_revoked(link: OneTimeLink) -> None:
    use(link)
    with pytest.raises(LinkNotActive) as refusal:
        revoke_link(link=link, now=NOW)
    assert refusal.value.status == Status.USED
    assert stored(link).revoked_at is None


def test_expired_link_cannot_be_revoked(link: OneTimeLink) -> None:
    OneTimeLink.objects.update(expires_at=NOW)
    with pytest.raises(LinkNotActive) as refusal:
        revoke_link(link=link, now=NOW)
    assert refusal.value.status == Status.EXPIRED


def test_second_revoke_keeps_the_first_instant(link: OneTimeLink) -> None:
    revoke_link(link=link, now=NOW)
    with pytest.raises(LinkNotActive):
        revoke_link(link=link, now=NOW + TICK)
    assert stored(link).revoked_at == NOW


@pytest.mark.parametrize("after", [timedelta(0), UNDO_WINDOW - TICK, UNDO_WINDOW])
def test_undo_within_two_minutes(link: OneTimeLink, after: timedelta) -> None:
    revoke_link(link=link, now=NOW)
    assert undo_revoke(link=link, now=NOW + after).status(at=NOW + after) == Status.ACTIVE
    assert stored(link).revoked_at is None


def test_undo_after_two_minutes(link: OneTimeLink) -> None:
    revoke_link(link=link, now=NOW)
    with pytest.raises(UndoTooLate):
        undo_revoke(link=link, now=NOW + UNDO_WINDOW + TICK)
    assert stored(link).revoked_at == NOW


def test_undo_sent_twice_changes_nothing_more(link: OneTimeLink) -> None:
    revoke_link(link=link, now=NOW)
    undo_revoke(link=link, now=NOW)
    assert undo_revoke(link=link, now=NOW + DAY).revoked_at is None


def test_after_undo_the_facts_decide(link: OneTimeLink) -> None:
    OneTimeLink.objects.update(expires_at=NOW + TICK)
    revoke_link(link=link, now=NOW)
    assert undo_revoke(link=link, now=NOW + TICK).status(at=NOW + TICK) == Status.EXPIRED


# Edit


def test_note_can_always_change(link: OneTimeLink) -> None:
    edit_link(link=link, note="One", expires_at=None, now=NOW)
    revoke_link(link=link, now=NOW)
    edit_link(link=link, note="Two", expires_at=None, now=NOW)
    assert stored(link).note == "Two"


def test_note_of_a_used_link(link: OneTimeLink) -> None:
    use(link)
    edit_link(link=link, note="Two", expires_at=None, now=NOW)
    assert stored(link).note == "Two"


@pytest.mark.parametrize("expires_at", [NOW + TICK, None])
def test_later_expiry_revives_an_expired_link(
    link: OneTimeLink, expires_at: datetime | None
) -> None:
    OneTimeLink.objects.update(expires_at=NOW)
    assert edit_link(link=link, note="", expires_at=expires_at, now=NOW).status(at=NOW) == "active"


def test_passed_expiry_may_stay(link: OneTimeLink) -> None:
    OneTimeLink.objects.update(expires_at=NOW - TICK)
    edit_link(link=link, note="Late", expires_at=NOW - TICK, now=NOW)
    assert stored(link).note == "Late"


@pytest.mark.parametrize("expires_at", [NOW, NOW - TICK])
def test_new_expiry_must_lie_in_the_future(link: OneTimeLink, expires_at: datetime) -> None:
    with pytest.raises(ExpiryPassed):
        edit_link(link=link, note="Changed", expires_at=expires_at, now=NOW)
    assert (stored(link).note, stored(link).expires_at) == ("", None)


@pytest.mark.parametrize("dead", ["used", "revoked"])
def test_expiry_of_a_used_or_revoked_link_is_fixed(link: OneTimeLink, dead: str) -> None:
    if dead == "used":
        use(link)
    else:
        revoke_link(link=link, now=NOW)
    with pytest.raises(ExpiryFixed):
        edit_link(link=link, note="Changed", expires_at=NOW + DAY, now=NOW)
    assert (stored(link).note, stored(link).expires_at) == ("", None)


def test_lock_outside_a_transaction_is_refused(transactional_db: None) -> None:
    with pytest.raises(RuntimeError):
        lock_link(1)
