"""One rule, written twice: `OneTimeLink.status` and the predicates of its QuerySet."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calendars.models import Calendar
from onetime_links.models import OneTimeLink, OneTimeLinkQuerySet, Status
from tests.support.database.queries import at_most_queries
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MADE = NOW - timedelta(days=2)
PAST, FUTURE = NOW - timedelta(days=1), NOW + timedelta(days=1)
TICK = timedelta(microseconds=1)


def make_link(
    calendar: Calendar, *, used: bool, revoked_at: datetime | None, expires_at: datetime | None
) -> OneTimeLink:
    link = OneTimeLinkFactory.create(
        calendar=calendar, created_at=MADE, revoked_at=revoked_at, expires_at=expires_at
    )
    if used:
        BookingFactory.create(calendar=calendar, one_time_link=link)
    return link


def predicates(at: datetime) -> dict[Status, OneTimeLinkQuerySet]:
    links = OneTimeLink.objects.all()
    return {
        Status.ACTIVE: links.active(at=at),
        Status.USED: links.used(),
        Status.EXPIRED: links.expired(at=at),
        Status.REVOKED: links.revoked(),
    }


def statuses_by_query(link: OneTimeLink, *, at: datetime) -> list[Status]:
    return [status for status, links in predicates(at).items() if links.filter(pk=link.pk).exists()]


@pytest.mark.parametrize(
    ("used", "revoked_at", "expires_at", "status"),
    [
        (False, None, None, Status.ACTIVE),
        (False, None, FUTURE, Status.ACTIVE),
        (False, None, NOW + TICK, Status.ACTIVE),
        (False, None, NOW, Status.EXPIRED),
        (False, None, PAST, Status.EXPIRED),
        (False, PAST, None, Status.REVOKED),
        (False, PAST, FUTURE, Status.REVOKED),
        (False, PAST, PAST, Status.REVOKED),
        (True, None, None, Status.USED),
        (True, None, FUTURE, Status.USED),
        (True, None, PAST, Status.USED),
        (True, PAST, None, Status.USED),
        (True, PAST, FUTURE, Status.USED),
        (True, PAST, PAST, Status.USED),
    ],
)
def test_status(
    calendar: Calendar,
    used: bool,
    revoked_at: datetime | None,
    expires_at: datetime | None,
    status: Status,
) -> None:
    link = make_link(calendar, used=used, revoked_at=revoked_at, expires_at=expires_at)
    assert link.status(at=NOW) == status
    assert statuses_by_query(link, at=NOW) == [status]


@pytest.mark.parametrize("change", ["cancelled_at", "starts_at"])
def test_link_stays_used_when_its_booking_is_cancelled_or_moved(
    calendar: Calendar, change: str
) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar)
    booking = BookingFactory.create(calendar=calendar, one_time_link=link)
    booking.cancelled_at = NOW if change == "cancelled_at" else None
    if change == "starts_at":
        later = timedelta(days=1)
        for name in ("starts_at", "ends_at", "blocked_from", "blocked_until"):
            setattr(booking, name, getattr(booking, name) + later)
    booking.save()
    fresh = OneTimeLink.objects.get(pk=link.pk)
    assert fresh.status(at=NOW) == Status.USED


instants = st.none() | st.integers(1, 40).map(lambda hour: MADE + timedelta(hours=hour))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(used=st.booleans(), revoked_at=instants, expires_at=instants, hours=st.integers(0, 42))
def test_exactly_one_predicate_holds_and_it_is_the_status(
    db: None,
    used: bool,
    revoked_at: datetime | None,
    expires_at: datetime | None,
    hours: int,
) -> None:
    link = make_link(
        CalendarFactory.create(), used=used, revoked_at=revoked_at, expires_at=expires_at
    )
    now = MADE + timedelta(hours=hours)
    status = link.status(at=now)
    assert statuses_by_query(link, at=now) == [status]
    current = OneTimeLink.objects.active_or_used(at=now).filter(pk=link.pk).exists()
    assert current == (status in {Status.ACTIVE, Status.USED})


def test_status_of_a_list_takes_one_query(calendar: Calendar) -> None:
    for _ in range(3):
        make_link(calendar, used=True, revoked_at=None, expires_at=None)
    with at_most_queries(1):
        links = OneTimeLink.objects.select_related("booking")
        assert {link.status(at=NOW) for link in links} == {Status.USED}


def test_str_holds_neither_note_nor_token(calendar: Calendar) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, note="Acme")
    assert str(link) == f"One-time link {link.pk}"
