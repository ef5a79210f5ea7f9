"""Races of real processes for one link, one slot and one revocation.

Each guard also has a control in `test_races_unguarded`, which shows the race without it.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from booking.acts.book import CalendarUnavailable, Client, book_slot, enter_booking
from booking.acts.delete_calendar import delete_calendar
from booking.acts.reschedule import reschedule_booking
from booking.models import Booking, Party
from booking.times.slots import Offer
from booking.times.time_off import add_time_off, change_time_off, remove_time_off
from calendars.kit.tokens import make_token
from calendars.lifecycle import pause_calendar
from calendars.models import Calendar
from calendars.rules import (
    change_rules,
    remove_overrides,
    replace_overrides,
    replace_weekly_hours,
)
from calendars.schedule import Hours
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
