"""Controls of the races: without its guard, each of them ends as it must not."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from booking.acts import book as booking_module
from booking.acts import delete_calendar as deletion_module
from booking.acts import reschedule as reschedule_module
from booking.acts.delete_calendar import delete_calendar
from booking.guards import GUARDS, STATEMENTS
from booking.models import Booking
from booking.times import time_off as time_off_module
from booking.times.slots import Offer
from calendars import lifecycle as lifecycle_module
from calendars import rules as rules_module
from calendars.guards import SESSIONS_END
from calendars.kit.tokens import make_token
from calendars.lifecycle import pause_calendar
from calendars.models import Calendar, Owner
from onetime_links import links as links_module
from onetime_links.links import revoke_link
from onetime_links.models import OneTimeLink
from tests.booking.acts.test_races import (
    ACTS_ON_TIMES,
    HOUR,
    act_while_booking,
    acts_on_times,
    booker,
    calendar,
    enterer,
    make_calendar,
    movable,
    mover,
    slot,
)
from tests.support.races.processes import FORK, race
from tests.support.world.factories import OneTimeLinkFactory

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["calendar", "movable", "slot"]  # fixtures


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out the transactions and the row locks."""
    monkeypatch.setattr(transaction, "atomic", lambda *args, **kwargs: nullcontext())
    for module in (
        *(booking_module, deletion_module, lifecycle_module, reschedule_module),
        *(rules_module, time_off_module),
    ):
        monkeypatch.setattr(
            module, "lock_hosts", lambda ids: list(Owner.objects.filter(pk__in=ids))
        )
    for module in (booking_module, reschedule_module):
        monkeypatch.setattr(module, "announce", lambda *args, **kwargs: None)
    links = OneTimeLink.objects.select_related("calendar", "booking")
    monkeypatch.setattr(
        booking_module, "lock_link_of_locked_owner", lambda pk: links.all().get(pk=pk)
    )


@pytest.fixture
def without_locks(unlocked: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out the locks, and let both racers check before either of them writes."""
    gate = FORK.Barrier(2)
    offers = Offer.offers

    def slow_offers(self: Offer, slot: datetime) -> bool:
        answer = offers(self, slot)
        gate.wait(30)
        return answer

    monkeypatch.setattr(Offer, "offers", slow_offers)


@pytest.mark.usefixtures("unlocked")
def test_control_without_locks_a_booking_comes_after_the_pause(
    calendar: Calendar, slot: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    pause = partial(pause_calendar, calendar=calendar, now=timezone.now())
    assert act_while_booking(pause, calendar, slot, monkeypatch, wait=30) == (["ok", "ok"], 0)
    assert Booking.objects.count() == 1


@pytest.mark.usefixtures("unlocked")
def test_control_without_locks_a_deleted_calendar_gets_a_booking(
    calendar: Calendar, slot: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = partial(delete_calendar, calendar=calendar, now=timezone.now())
    assert act_while_booking(delete, calendar, slot, monkeypatch, wait=30) == (["ok", "ok"], 0)
    assert Booking.objects.get().calendar.is_deleted


@pytest.mark.usefixtures("unlocked")
@pytest.mark.parametrize("name", ACTS_ON_TIMES)
def test_control_without_locks_a_booking_comes_after_the_act_on_times(
    calendar: Calendar, slot: datetime, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    act = acts_on_times(calendar, slot)[name]
    assert act_while_booking(act, calendar, slot, monkeypatch, wait=30) == (["ok", "ok"], 0)
    assert Booking.objects.count() == 1


@pytest.mark.usefixtures("unlocked")
def test_control_without_locks_the_owners_entry_passes_the_check_too(
    calendar: Calendar, slot: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = act_while_booking(enterer(calendar, slot), calendar, slot, monkeypatch, wait=30)
    # Only the database's own guard stopped the client's booking.
    assert outcomes == (["IntegrityError", "ok"], 1)


def test_control_without_locks_a_day_gets_more_than_its_cap(
    slot: datetime, without_locks: None
) -> None:
    calendar = make_calendar(daily_cap=1)
    assert race([booker(calendar, slot), booker(calendar, slot + HOUR)]) == ["ok", "ok"]


def test_control_without_the_nonce_a_form_sent_twice_is_refused(
    calendar: Calendar, slot: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts, nonce = booking_module._facts, make_token()
    monkeypatch.setattr(booking_module, "_facts", lambda *given: (*facts(*given)[:2], None))
    assert sorted(race([booker(calendar, slot, None, nonce)] * 2)) == ["SlotTaken", "ok"]


def test_control_without_locks_two_moves_pass_the_check_of_one_slot(
    slot: datetime, movable: list[Booking], without_locks: None
) -> None:
    outcomes = race([mover(booking, slot) for booking in movable])
    # Only the database's own guard stopped the second move, or PostgreSQL found a deadlock there.
    assert sorted(outcomes) in (["IntegrityError", "ok"], ["OperationalError", "ok"])


def test_control_without_locks_two_pass_the_check_of_one_link(
    calendar: Calendar, slot: datetime, without_locks: None
) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar)
    outcomes = race([booker(calendar, slot, link), booker(calendar, slot + HOUR, link)])
    # Both saw an active link; only the database's own guard stopped the second booking.
    assert sorted(outcomes) == ["IntegrityError", "ok"]


def test_control_without_locks_two_pass_the_check_of_one_slot(
    calendar: Calendar, slot: datetime, without_locks: None
) -> None:
    outcomes = race([booker(calendar, slot), booker(calendar, slot)])
    # On PostgreSQL the two may wait for each other at the exclusion constraint: a deadlock.
    assert sorted(outcomes) in (["IntegrityError", "ok"], ["OperationalError", "ok"])


@pytest.fixture
def without_guard(transactional_db: None) -> Iterator[None]:
    """Take the guards against overlaps out of the database, and put them back after the test."""
    drops = {
        "postgresql": "ALTER TABLE booking_booking DROP CONSTRAINT {}",
        "sqlite": "DROP TRIGGER {}",
    }
    with connection.cursor() as cursor:
        for name in GUARDS[connection.vendor] - {SESSIONS_END}:
            cursor.execute(drops[connection.vendor].format(name))
    yield
    Booking.objects.all().delete()
    with connection.cursor() as cursor:
        for statement in STATEMENTS[connection.vendor]:
            cursor.execute(statement)


def test_control_without_locks_and_guard_one_slot_is_sold_twice(
    calendar: Calendar, slot: datetime, without_locks: None, without_guard: None
) -> None:
    assert race([booker(calendar, slot), booker(calendar, slot)]) == ["ok", "ok"]
    assert Booking.objects.filter(starts_at=slot).count() == 2


@contextmanager
def without_unique(column: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "booking_booking")
        [name] = [
            name
            for name, facts in found.items()
            if facts["unique"] and facts["columns"] == [column]
        ]
        cursor.execute(f"ALTER TABLE booking_booking DROP CONSTRAINT {name}")
    try:
        yield
    finally:
        Booking.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE booking_booking ADD CONSTRAINT {name} UNIQUE ({column})")


@pytest.mark.parametrize("column", ["one_time_link_id", "nonce"])
def test_control_without_locks_only_what_is_unique_keeps_two_of_one_apart(
    calendar: Calendar, slot: datetime, without_locks: None, column: str
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite drops no constraint")
    link = OneTimeLinkFactory.create(calendar=calendar) if column != "nonce" else None
    nonce = make_token() if column == "nonce" else ""
    racers = [booker(calendar, slot + n * HOUR, link, nonce) for n in range(2)]
    assert sorted(race(racers)) == ["IntegrityError", "ok"]
    Booking.objects.all().delete()
    with without_unique(column):
        assert race(racers) == ["ok", "ok"]
        assert Booking.objects.values(column).distinct().count() == 1
        assert Booking.objects.count() == 2


def test_control_without_the_links_lock_revoke_and_book_both_win(
    calendar: Calendar, slot: datetime, monkeypatch: pytest.MonkeyPatch, without_locks: None
) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, created_at=timezone.now() - HOUR)
    gate = FORK.Barrier(2)
    status = OneTimeLink.status

    def slow_status(self: OneTimeLink, *, at: datetime) -> Any:
        answer = status(self, at=at)
        gate.wait(30)
        return answer

    monkeypatch.setattr(Offer, "offers", lambda self, slot: True)
    monkeypatch.setattr(OneTimeLink, "status", slow_status)
    monkeypatch.setattr(links_module, "lock_link", lambda pk: None)
    revoke = partial(revoke_link, link=link, now=timezone.now())
    assert race([revoke, booker(calendar, slot, link)]) == ["ok", "ok"]
    link.refresh_from_db()
    assert link.revoked_at
    assert link.booking
