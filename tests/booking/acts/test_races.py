"""Races of real processes for one link, one slot and one revocation.

Each guard also has a control: a test that removes the guard and shows that the race happens then.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from booking.acts import book as booking_module
from booking.acts import delete_calendar as deletion_module
from booking.acts import reschedule as reschedule_module
from booking.acts.book import CalendarUnavailable, Client, book_slot, enter_booking
from booking.acts.delete_calendar import delete_calendar
from booking.acts.reschedule import reschedule_booking
from booking.guards import GUARDS, STATEMENTS
from booking.models import Booking, Party
from booking.times import time_off as time_off_module
from booking.times.slots import Offer
from booking.times.time_off import add_time_off, change_time_off, remove_time_off
from calendars import lifecycle as lifecycle_module
from calendars import rules as rules_module
from calendars.kit.tokens import make_token
from calendars.lifecycle import pause_calendar
from calendars.models import Calendar, Owner
from calendars.rules import (
    change_rules,
    remove_overrides,
    replace_overrides,
    replace_weekly_hours,
)
from calendars.schedule import Hours
from onetime_links import links as links_module
from onetime_links.links import revoke_link
from onetime_links.models import OneTimeLink
from tests.support.races.processes import FORK, race
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

pytestmark = pytest.mark.django_db(transaction=True)

RACERS = 8
CLEO = Client(name="Cleo", email="cleo@example.com", time_zone="Europe/Berlin", language="en")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def slot() -> datetime:
    """Return noon (UTC) in three days; the calendars of these tests are open day and night."""
    day = timezone.now() + timedelta(days=3)
    return day.astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def calendar(slot: datetime) -> Calendar:
    return make_calendar()


def make_calendar(**fields: Any) -> Calendar:
    hours = [(weekday, 0, 24 * 60) for weekday in range(7)]
    return CalendarFactory.create(time_zone="UTC", hours=hours, **fields)


def booker(
    calendar: Calendar, slot: datetime, link: OneTimeLink | None = None, nonce: str = ""
) -> Callable[[], Booking]:
    return partial(
        book_slot,
        calendar=calendar,
        link=link,
        slot=slot,
        client=CLEO,
        nonce=nonce or make_token(),
        now=timezone.now(),
    )


def test_one_link_raced_for_many_slots_makes_one_booking(
    calendar: Calendar, slot: datetime
) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar)
    outcomes = race([booker(calendar, slot + n * HOUR, link) for n in range(RACERS)])
    assert Counter(outcomes) == {"ok": 1, "LinkUnavailable": RACERS - 1}
    assert Booking.objects.count() == 1


def test_many_links_raced_for_one_slot_make_one_booking(slot: datetime) -> None:
    first = make_calendar(buffer_after_minutes=15)
    second = make_calendar(owner=first.owner, duration_minutes=60)
    links = [OneTimeLinkFactory.create(calendar=(first, second)[n % 2]) for n in range(RACERS)]
    outcomes = race([booker(link.calendar, slot, link) for link in links])
    assert Counter(outcomes) == {"ok": 1, "SlotTaken": RACERS - 1}
    # The links of those who lost are still active.
    assert OneTimeLink.objects.active(at=timezone.now()).count() == RACERS - 1


def test_daily_cap_holds_in_a_race(slot: datetime) -> None:
    calendar = make_calendar(daily_cap=2)
    outcomes = race([booker(calendar, slot + n * HOUR) for n in range(RACERS)])
    assert Counter(outcomes) == {"ok": 2, "SlotTaken": RACERS - 2}


def test_one_form_sent_many_times_makes_one_booking(calendar: Calendar, slot: datetime) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar)
    nonce = make_token()
    assert race([booker(calendar, slot, link, nonce)] * RACERS) == ["ok"] * RACERS
    public = make_token()
    assert race([booker(calendar, slot + HOUR, None, public)] * RACERS) == ["ok"] * RACERS
    assert Booking.objects.count() == 2


@pytest.mark.parametrize("turn", range(4))
def test_revoke_against_book_is_one_or_the_other(
    calendar: Calendar, slot: datetime, turn: int
) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, created_at=timezone.now() - HOUR)
    revoke = partial(revoke_link, link=link, now=timezone.now())
    outcomes = race([revoke, booker(calendar, slot, link), booker(calendar, slot + HOUR, link)])
    link.refresh_from_db()
    if link.revoked_at:
        assert outcomes == ["ok", "LinkUnavailable", "LinkUnavailable"]
        assert not Booking.objects.exists()
    else:
        assert Counter(outcomes) == {"ok": 1, "LinkNotActive": 1, "LinkUnavailable": 1}
        assert Booking.objects.count() == 1


def act_while_booking(
    act: Callable[[], object],
    calendar: Calendar,
    slot: datetime,
    monkeypatch: pytest.MonkeyPatch,
    *,
    wait: float,
) -> tuple[list[str], int]:
    """Let the owner act between the check of a booking and its making.

    The booking waits for the end of the act, but at most `wait` seconds. Return the outcomes of
    the booking and the act, and how many bookings there were after the act (-1 if it was refused).
    """
    checked, acted, seen = FORK.Event(), FORK.Event(), FORK.Value("i", -1)
    offers = Offer.offers

    def slow_offers(self: Offer, slot: datetime) -> bool:
        answer = offers(self, slot)
        checked.set()
        acted.wait(wait)
        return answer

    def act_then() -> None:
        assert checked.wait(30)
        act()
        seen.value = Booking.objects.count()
        acted.set()

    monkeypatch.setattr(Offer, "offers", slow_offers)
    return race([booker(calendar, slot), act_then]), seen.value


def test_pause_waits_for_a_booking_that_is_being_made(
    calendar: Calendar, slot: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a calendar says that it is paused, it takes no more bookings."""
    pause = partial(pause_calendar, calendar=calendar, now=timezone.now())
    assert act_while_booking(pause, calendar, slot, monkeypatch, wait=1) == (["ok", "ok"], 1)
    with pytest.raises(CalendarUnavailable):
        booker(calendar, slot + HOUR)()


def acts_on_times(calendar: Calendar, slot: datetime) -> dict[str, Callable[[], object]]:
    """Return the acts of an owner that change which slots there are, by name."""
    owner, now, weekly = calendar.owner, timezone.now(), {0: [Hours(60, 120)]}
    replace_overrides(calendar=calendar, dates=[(slot + 30 * DAY).date()], hours=[], now=now)
    time_off = add_time_off(
        host=owner, starts_at=slot + 9 * DAY, ends_at=slot + 10 * DAY, note="", now=now
    )
    covering: dict[str, Any] = {"starts_at": slot, "ends_at": slot + HOUR, "note": ""}
    return {
        "rules": partial(change_rules, calendar=calendar, duration_minutes=20),
        "hours": partial(
            replace_weekly_hours, calendar=calendar, time_zone="Asia/Tokyo", weekly=weekly
        ),
        "overrides": partial(
            replace_overrides, calendar=calendar, dates=[slot.date()], hours=[], now=now
        ),
        "overrides away": partial(
            remove_overrides, calendar=calendar, dates=[(slot + 30 * DAY).date()]
        ),
        "time off": partial(add_time_off, host=owner, now=now, **covering),
        "time off elsewhere": partial(change_time_off, time_off=time_off, now=now, **covering),
        "time off away": partial(remove_time_off, host=owner, pk=time_off.pk),
    }


ACTS_ON_TIMES = (
    *("rules", "hours", "overrides", "overrides away"),
    *("time off", "time off elsewhere", "time off away"),
)


@pytest.mark.parametrize("name", ACTS_ON_TIMES)
def test_act_on_times_waits_for_a_booking_that_is_being_made(
    calendar: Calendar, slot: datetime, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Once the owner sees that the act is done, no booking is made by the old times."""
    act = acts_on_times(calendar, slot)[name]
    assert act_while_booking(act, calendar, slot, monkeypatch, wait=0.3) == (["ok", "ok"], 1)


def test_owners_entry_waits_for_a_booking_that_is_being_made(
    calendar: Calendar, slot: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = act_while_booking(enterer(calendar, slot), calendar, slot, monkeypatch, wait=0.3)
    assert outcomes == (["ok", "SlotTaken"], -1)


def enterer(calendar: Calendar, slot: datetime) -> Callable[[], Booking]:
    return partial(
        enter_booking,
        calendar=calendar,
        slot=slot,
        client=CLEO,
        nonce=make_token(),
        now=timezone.now(),
    )


def test_deletion_waits_for_a_booking_that_is_being_made(
    calendar: Calendar, slot: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = partial(delete_calendar, calendar=calendar, now=timezone.now())
    outcomes = act_while_booking(delete, calendar, slot, monkeypatch, wait=1)
    assert outcomes == (["ok", "HasUpcomingBookings"], -1)


def test_delete_against_book_is_one_or_the_other(calendar: Calendar, slot: datetime) -> None:
    delete = partial(delete_calendar, calendar=calendar, now=timezone.now())
    outcomes = race([delete, booker(calendar, slot)])
    assert sorted(outcomes) in (
        ["CalendarUnavailable", "ok"],  # deleted first
        ["HasUpcomingBookings", "ok"],  # booked first
    )


def mover(booking: Booking, slot: datetime) -> Callable[[], Booking]:
    return partial(
        reschedule_booking, booking=booking, slot=slot, by=Party.CLIENT, now=timezone.now()
    )


@pytest.fixture
def movable(calendar: Calendar, slot: datetime) -> list[Booking]:
    """Return two bookings that start three and six hours before the slot that all want."""
    return [BookingFactory.create(calendar=calendar, starts_at=slot - n * HOUR) for n in (3, 6)]


def test_two_reschedules_and_a_booking_raced_for_one_slot_fill_it_once(
    calendar: Calendar, slot: datetime, movable: list[Booking]
) -> None:
    outcomes = race([*(mover(booking, slot) for booking in movable), booker(calendar, slot)])
    assert Counter(outcomes) == {"ok": 1, "SlotTaken": 2}
    assert Booking.objects.live().filter(starts_at=slot).count() == 1
    # A booking whose move came too late keeps its old time.
    stayed = [each for each in movable if Booking.objects.get(pk=each.pk).starts_at != slot]
    assert len(stayed) == 2 - outcomes[:2].count("ok")


# Controls: the same races without the guards.


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
        for name in GUARDS[connection.vendor]:
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
