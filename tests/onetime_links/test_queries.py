"""The queries for a calendar's links, for the list's page and for other readers."""

from datetime import UTC, datetime, timedelta

import pytest

from calendars.models import Calendar
from onetime_links.models import OneTimeLink
from onetime_links.queries import LinkFilter, LinkQuery, count_links, find_links
from tests.support.database.queries import counted_queries
from tests.support.world.factories import BookingFactory, OneTimeLinkFactory

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ACTIVE, USED, EXPIRED, REVOKED = "Acme active", "Acme used", "Acme expired", "revoked"


@pytest.fixture(autouse=True)
def links(calendar: Calendar, sams_calendar: Calendar) -> dict[str, OneTimeLink]:
    """Links of each status, made one after the other, and a link of Sam's."""
    facts = {ACTIVE: {}, USED: {}, EXPIRED: {"expires_at": NOW}, REVOKED: {"revoked_at": NOW}}
    OneTimeLinkFactory.create(calendar=sams_calendar, note="Acme", created_at=NOW - DAY)
    made = {
        note: OneTimeLinkFactory.create(
            calendar=calendar, note=note, created_at=NOW - (9 - n) * DAY, **dates
        )
        for n, (note, dates) in enumerate(facts.items())
    }
    BookingFactory.create(calendar=calendar, one_time_link=made[USED])
    return made


def notes(calendar: Calendar, query: LinkQuery, *, size: int = 10) -> list[str]:
    page = find_links(calendar, query, size=size, now=NOW)
    return [link.note for link in page.rows]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (LinkQuery(), [USED, ACTIVE]),
        (LinkQuery(show="expired"), [EXPIRED]),
        (LinkQuery(show="revoked"), [REVOKED]),
        (LinkQuery(show="all"), [REVOKED, EXPIRED, USED, ACTIVE]),
        (LinkQuery(show="all", q="acme"), [EXPIRED, USED, ACTIVE]),
        (LinkQuery(show="revoked", q="acme"), []),
    ],
)
def test_filter_and_search_find_the_newest_first(
    calendar: Calendar, query: LinkQuery, found: list[str]
) -> None:
    assert notes(calendar, query) == found


def test_pages_begin_where_the_last_one_ended(
    calendar: Calendar, links: dict[str, OneTimeLink]
) -> None:
    older = LinkQuery(show="all", older_than=links[EXPIRED].pk)
    assert notes(calendar, LinkQuery(show="all"), size=2) == [REVOKED, EXPIRED]
    assert notes(calendar, older, size=2) == [USED, ACTIVE]
    newer = LinkQuery(show="all", newer_than=links[USED].pk)
    assert notes(calendar, newer, size=2) == [REVOKED, EXPIRED]
    assert notes(calendar, LinkQuery(show="all", start=links[USED].pk)) == [USED, ACTIVE]


def test_link_just_changed_stays_in_sight(
    calendar: Calendar, links: dict[str, OneTimeLink]
) -> None:
    assert notes(calendar, LinkQuery(kept=links[REVOKED].pk)) == [REVOKED, USED, ACTIVE]


@pytest.mark.parametrize("size", [1, 10])
@pytest.mark.parametrize("q", ["", "acme"])
@pytest.mark.parametrize("show", LinkFilter.values)
def test_counts_are_those_of_all_pages(calendar: Calendar, show: str, q: str, size: int) -> None:
    """The counts are right whatever the page has counted already."""
    query = LinkQuery(show=show, q=q)
    page = find_links(calendar, query, size=size, now=NOW)
    with counted_queries() as statements:
        counts = count_links(calendar, query, page, now=NOW)
    assert counts == {each: len(notes(calendar, LinkQuery(each, q))) for each in LinkFilter}
    assert len(statements) <= 1
