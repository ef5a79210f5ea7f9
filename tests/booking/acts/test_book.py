"""Tests of the booking transaction, one request at a time; for races, see test_races.py."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.acts.book import (
    CalendarUnavailable,
    Client,
    LinkUnavailable,
    SlotTaken,
    book_slot,
    times_at,
)
from booking.models import LONGEST_BLOCK, Booking
from booking.times.rules import rules_for
from calendars.kit.tokens import make_token
from calendars.models import MAX_MINUTES, Calendar, Owner
from onetime_links.links import revoke_link
from onetime_links.models import OneTimeLink, Status
from tests.support.database.queries import at_most_queries
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MONDAY_9 = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
CLEO = Client(name="Cleo", email="cleo@example.com", time_zone="Asia/Tokyo", language="en")


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    return CalendarFactory.create(
        owner=olive, buffer_before_minutes=5, buffer_after_minutes=10, minimum_notice_minutes=60
    )


@pytest.fixture
def link(calendar: Calendar) -> OneTimeLink:
    return OneTimeLinkFactory.create(calendar=calendar, created_at=NOW - timedelta(days=9))


def book(
    calendar: Calendar,
    link: OneTimeLink | None = None,
    *,
    slot: datetime = MONDAY_9,
    nonce: str = "",
    now: datetime = NOW,
) -> Booking:
    return book_slot(
        calendar=calendar, link=link, slot=slot, client=CLEO, nonce=nonce or make_token(), now=now
    )


def test_booking_holds_the_facts_of_its_making(calendar: Calendar, link: OneTimeLink) -> None:
    booking = Booking.objects.get(pk=book(calendar, link, nonce="n" * 22).pk)
    assert booking.host == calendar.owner
    assert booking.one_time_link == link
    assert (booking.starts_at, booking.ends_at) == (MONDAY_9, MONDAY_9 + 30 * MINUTE)
    assert booking.blocked_from == MONDAY_9 - 5 * MINUTE
    assert booking.blocked_until == MONDAY_9 + 40 * MINUTE
    assert (booking.client_name, booking.client_time_zone) == ("Cleo", "Asia/Tokyo")
    assert (booking.created_at, booking.nonce, booking.is_live) == (NOW, "n" * 22, True)


def test_the_longest_block_that_can_be_is_in_the_way_to_its_end(calendar: Calendar) -> None:
    longest = CalendarFactory.create(
        owner=calendar.owner,
        duration_minutes=MAX_MINUTES,
        buffer_before_minutes=MAX_MINUTES,
        buffer_after_minutes=MAX_MINUTES,
    )
    start = MONDAY_9 + 40 * MINUTE  # the end of the block of the slot at MONDAY_9
    times = times_at(start + longest.duration, rules_for(longest))
    assert times["blocked_until"] - times["blocked_from"] == LONGEST_BLOCK
    BookingFactory.create(calendar=longest, **times)
    book(calendar)
    for slot in (MONDAY_9 + 30 * MINUTE, MONDAY_9 + 3 * DAY):
        with pytest.raises(SlotTaken):
            book(calendar, slot=slot)
    book(calendar, slot=MONDAY_9 + 3 * DAY + 60 * MINUTE)


@pytest.mark.parametrize("by_link", [True, False])
def test_booking_needs_six_queries(calendar: Calendar, link: OneTimeLink, by_link: bool) -> None:
    with at_most_queries(6):
        book(calendar, link if by_link else None)


def test_link_is_used_by_its_booking_for_good(calendar: Calendar, link: OneTimeLink) -> None:
    booking = book(calendar, link)
    Booking.objects.filter(pk=booking.pk).update(cancelled_at=NOW)
    with pytest.raises(LinkUnavailable) as error:
        book(calendar, link, slot=MONDAY_9 + timedelta(hours=2))
    assert error.value.status == Status.USED
    assert Booking.objects.count() == 1


def test_revoked_link_books_nothing(calendar: Calendar, link: OneTimeLink) -> None:
    revoke_link(link=link, now=NOW)
    with pytest.raises(LinkUnavailable) as error:
        book(calendar, link)
    assert error.value.status == Status.REVOKED
    assert not Booking.objects.exists()


@pytest.mark.parametrize(("seconds", "ok"), [(1, True), (0, False), (-1, False)])
def test_expiry_counts_when_the_request_arrives(
    calendar: Calendar, link: OneTimeLink, seconds: int, ok: bool
) -> None:
    link.expires_at = NOW + timedelta(seconds=seconds)
    link.save()
    if ok:
        assert book(calendar, link).one_time_link == link
    else:
        with pytest.raises(LinkUnavailable) as error:
            book(calendar, link)
        assert error.value.status == Status.EXPIRED


@pytest.mark.parametrize(("seconds", "ok"), [(0, True), (1, False)])
def test_notice_counts_with_equality(calendar: Calendar, seconds: int, ok: bool) -> None:
    now = MONDAY_9 - timedelta(hours=1) + timedelta(seconds=seconds)
    if ok:
        assert book(calendar, now=now)
    else:
        with pytest.raises(SlotTaken):
            book(calendar, now=now)


@pytest.mark.parametrize(
    "slot",
    [
        MONDAY_9 + MINUTE,  # between two slots
        MONDAY_9 - timedelta(hours=1),  # before the hours
        MONDAY_9 + timedelta(hours=7.5, minutes=30),  # the end of the hours
        MONDAY_9 - timedelta(days=7),  # past
        MONDAY_9 + timedelta(days=70),  # beyond the window
        MONDAY_9 + timedelta(days=5),  # a Saturday
    ],
)
def test_slot_that_is_not_offered_is_refused(
    calendar: Calendar, link: OneTimeLink, slot: datetime
) -> None:
    with pytest.raises(SlotTaken):
        book(calendar, link, slot=slot)
    assert not Booking.objects.exists()
    assert book(calendar, link).one_time_link == link  # nothing was spent


def test_owners_other_calendars_block_too(calendar: Calendar, olive: Owner, sam: Owner) -> None:
    other = CalendarFactory.create(owner=olive)
    strangers = CalendarFactory.create(owner=sam)
    book(calendar)
    book(strangers)
    with pytest.raises(SlotTaken):
        book(other)
    # The slot at 09:30 begins within the buffer of ten minutes after the first booking.
    with pytest.raises(SlotTaken):
        book(other, slot=MONDAY_9 + 30 * MINUTE)
    assert book(other, slot=MONDAY_9 + 60 * MINUTE)


def test_cancelled_booking_frees_its_time(calendar: Calendar) -> None:
    booking = book(calendar)
    Booking.objects.filter(pk=booking.pk).update(cancelled_at=NOW)
    assert book(calendar).starts_at == MONDAY_9


def test_daily_cap_counts_this_calendars_live_bookings(calendar: Calendar, olive: Owner) -> None:
    Calendar.objects.filter(pk=calendar.pk).update(daily_cap=2)
    other = CalendarFactory.create(owner=olive)
    book(other, slot=MONDAY_9)
    book(calendar, slot=MONDAY_9 + 60 * MINUTE)
    cancelled = book(calendar, slot=MONDAY_9 + 120 * MINUTE)
    Booking.objects.filter(pk=cancelled.pk).update(cancelled_at=NOW)
    book(calendar, slot=MONDAY_9 + 180 * MINUTE)
    with pytest.raises(SlotTaken):
        book(calendar, slot=MONDAY_9 + 240 * MINUTE)
    assert book(calendar, slot=MONDAY_9 + timedelta(days=1))


def test_same_nonce_leads_to_the_same_booking(calendar: Calendar, link: OneTimeLink) -> None:
    first = book(calendar, link, nonce="a" * 22)
    assert book(calendar, link, nonce="a" * 22) == first
    public = book(calendar, nonce="b" * 22, slot=MONDAY_9 + timedelta(hours=1))
    assert book(calendar, nonce="b" * 22, slot=MONDAY_9 + timedelta(hours=1)) == public
    assert Booking.objects.count() == 2


@pytest.mark.parametrize("fact", ["paused_at", "deleted_at"])
def test_calendar_that_takes_no_bookings(calendar: Calendar, fact: str) -> None:
    Calendar.objects.filter(pk=calendar.pk).update(**{fact: NOW})
    with pytest.raises(CalendarUnavailable):
        book(calendar)


def test_inactive_owner_takes_no_bookings(calendar: Calendar) -> None:
    Owner.objects.update(is_active=False)
    with pytest.raises(CalendarUnavailable):
        book(calendar)


def test_rules_are_read_anew(calendar: Calendar) -> None:
    """The calendar that the view fetched may be out of date by the time of the lock."""
    Calendar.objects.filter(pk=calendar.pk).update(duration_minutes=60, buffer_after_minutes=0)
    booking = book(calendar)
    assert booking.ends_at == booking.blocked_until == MONDAY_9 + 60 * MINUTE


def test_earlier_bookings_of_today_count_for_the_cap(calendar: Calendar) -> None:
    Calendar.objects.filter(pk=calendar.pk).update(daily_cap=1)
    BookingFactory.create(calendar=calendar, starts_at=MONDAY_9)
    with pytest.raises(SlotTaken):
        book(calendar, slot=MONDAY_9 + timedelta(hours=5), now=MONDAY_9 + timedelta(hours=2))
