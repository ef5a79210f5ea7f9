"""Races of moves with moves, bookings and cancellations: only one of them wins.

The controls show that the race does happen without the owner's lock.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from booking.acts import cancel as cancel_module
from booking.acts import limits as limits_module
from booking.acts import reschedule as reschedule_module
from booking.acts.cancel import cancel_booking
from booking.acts.reschedule import reschedule_booking
from booking.models import Act, Booking, Change, Party
from booking.times.slots import Offer
from calendars.models import Calendar, Owner
from tests.booking.acts.test_races import HOUR, booker, calendar, slot
from tests.support.races.processes import FORK, race
from tests.support.world.factories import BookingFactory

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["calendar", "slot"]  # fixtures

TURNS = range(3)


def make_booking(calendar: Calendar, starts_at: datetime) -> Booking:
    return BookingFactory.create(calendar=calendar, starts_at=starts_at)


def mover(booking: Booking, slot: datetime, by: Party = Party.CLIENT) -> Callable[[], Booking]:
    return partial(
        reschedule_booking,
        booking=booking,
        slot=slot,
        by=by,
        now=timezone.now(),
        sequence=booking.sequence,
    )


def canceller(booking: Booking, by: Party = Party.CLIENT) -> Callable[[], Booking]:
    return partial(
        cancel_booking, booking=booking, by=by, now=timezone.now(), sequence=booking.sequence
    )


def test_two_moves_and_a_booking_for_one_slot(calendar: Calendar, slot: datetime) -> None:
    bookings = [make_booking(calendar, slot + n * HOUR) for n in (1, 2)]
    outcomes = race([mover(bookings[0], slot), mover(bookings[1], slot), booker(calendar, slot)])
    assert Counter(outcomes) == {"ok": 1, "SlotTaken": 2}
    assert Booking.objects.filter(starts_at=slot).count() == 1
    # A booking that lost keeps its time, and the one that won has given its old time back.
    for booking, outcome, n in zip(bookings, outcomes, (1, 2), strict=False):
        booking.refresh_from_db()
        moved = outcome == "ok"
        assert booking.starts_at == (slot if moved else slot + n * HOUR)
        assert booking.blocked_from == booking.starts_at
        assert (booking.sequence, booking.changes.count()) == ((1, 1) if moved else (0, 0))
        assert booking.mails.exists() is moved


def test_two_who_want_each_others_time_are_both_refused(calendar: Calendar, slot: datetime) -> None:
    """Each booking wants the time of the other, which is not free, whichever comes first."""
    first, second = make_booking(calendar, slot), make_booking(calendar, slot + HOUR)
    outcomes = race([mover(first, slot + HOUR), mover(second, slot)])
    assert outcomes == ["SlotTaken", "SlotTaken"]
    assert list(Booking.objects.values_list("starts_at", flat=True)) == [slot, slot + HOUR]


@pytest.mark.parametrize("turn", TURNS)
def test_move_against_cancellation(calendar: Calendar, slot: datetime, turn: int) -> None:
    booking = make_booking(calendar, slot)
    outcomes = race([mover(booking, slot + HOUR), canceller(booking)])
    assert Counter(outcomes) == {"ok": 1, "ChangeRefused": 1}
    booking.refresh_from_db()
    assert booking.sequence == 1
    change = Change.objects.get()
    if outcomes[0] == "ok":
        assert (booking.starts_at, booking.is_live) == (slot + HOUR, True)
        assert change.act == Act.RESCHEDULED
    else:
        assert (booking.starts_at, booking.is_live) == (slot, False)
        assert change.act == Act.CANCELLED


def test_one_form_sent_many_times_moves_once(calendar: Calendar, slot: datetime) -> None:
    booking = make_booking(calendar, slot)
    assert race([mover(booking, slot + HOUR)] * 5) == ["ok"] * 5
    booking.refresh_from_db()
    assert (booking.starts_at, booking.sequence) == (slot + HOUR, 1)
    assert Change.objects.count() == 1


def test_two_tabs_move_it_once(calendar: Calendar, slot: datetime) -> None:
    booking = make_booking(calendar, slot)
    outcomes = race([mover(booking, slot + n * HOUR) for n in (1, 2, 3)])
    assert Counter(outcomes) == {"ok": 1, "ChangeRefused": 2}
    booking.refresh_from_db()
    assert booking.starts_at == slot + (outcomes.index("ok") + 1) * HOUR
    assert booking.sequence == 1


def test_client_and_owner_cancel_at_once(calendar: Calendar, slot: datetime) -> None:
    booking = make_booking(calendar, slot)
    outcomes = race([canceller(booking), canceller(booking, Party.OWNER)])
    assert Counter(outcomes) == {"ok": 1, "ChangeRefused": 1}
    assert Change.objects.get().by == (Party.CLIENT if outcomes[0] == "ok" else Party.OWNER)


def test_last_allowed_move_is_made_once(calendar: Calendar, slot: datetime) -> None:
    """The moves do not name the booking's sequence, so that only the limit can refuse them."""
    Calendar.objects.update(max_reschedules=1)
    booking = make_booking(calendar, slot)
    movers = [
        partial(
            reschedule_booking,
            booking=booking,
            slot=slot + n * HOUR,
            by=Party.CLIENT,
            now=timezone.now(),
        )
        for n in (1, 2, 3)
    ]
    assert Counter(race(movers)) == {"ok": 1, "ChangeRefused": 2}


# Controls: the same races without the lock.


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out transactions and row locks, and let both racers check before either writes."""
    gate = FORK.Barrier(2)
    offers = Offer.offers

    def slow_offers(self: Offer, slot: datetime) -> bool:
        answer = offers(self, slot)
        gate.wait(30)
        return answer

    monkeypatch.setattr(Offer, "offers", slow_offers)
    monkeypatch.setattr(transaction, "atomic", lambda *args, **kwargs: nullcontext())
    for module in (reschedule_module, cancel_module):
        monkeypatch.setattr(
            module, "lock_hosts", lambda ids: list(Owner.objects.filter(pk__in=ids))
        )
        monkeypatch.setattr(module, "announce", lambda *args, **kwargs: None)
    refuse = limits_module.refuse_cancellation

    def slow_refuse(*args: Any, **kwargs: Any) -> Any:
        answer = refuse(*args, **kwargs)
        gate.wait(30)
        return answer

    monkeypatch.setattr(cancel_module, "refuse_cancellation", slow_refuse)


@pytest.mark.usefixtures("unlocked")
def test_control_without_the_lock_only_the_guard_keeps_two_moves_apart(
    calendar: Calendar, slot: datetime
) -> None:
    bookings = [make_booking(calendar, slot + n * HOUR) for n in (1, 2)]
    outcomes = race([mover(booking, slot) for booking in bookings])
    # Both saw a free slot. On PostgreSQL they may wait for each other: a deadlock.
    assert sorted(outcomes) in (["IntegrityError", "ok"], ["OperationalError", "ok"])


@pytest.mark.usefixtures("unlocked")
def test_control_without_the_lock_a_cancelled_booking_is_moved_as_well(
    calendar: Calendar, slot: datetime
) -> None:
    booking = make_booking(calendar, slot)
    outcomes = race([mover(booking, slot + HOUR), canceller(booking)])
    # Both saw the unchanged booking; only the constraint of the history stopped one halfway.
    assert sorted(outcomes) == ["IntegrityError", "ok"]
    booking.refresh_from_db()
    assert (booking.starts_at, booking.is_live) == (slot + HOUR, False)


def test_booking_moves_into_time_that_it_blocks_itself(calendar: Calendar, slot: datetime) -> None:
    """A booking may overlap its own old time, and the database's guard allows that too."""
    Calendar.objects.update(slot_interval_minutes=15)
    booking = make_booking(calendar, slot)
    moved = mover(booking, slot + timedelta(minutes=15))()
    assert moved.starts_at == slot + timedelta(minutes=15)
