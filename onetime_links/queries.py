"""Queries for a calendar's links: filters, search, pages and counts.

The module `listing` adds the words and addresses of the list's page.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils.translation import pgettext_lazy

from calendars.kit.counts import CappedCount
from calendars.kit.paging import KeyPage, page_by_key
from calendars.kit.search.folding import fold
from calendars.models import Calendar
from onetime_links.models import OneTimeLink, OneTimeLinkQuerySet, Status
from onetime_links.note_index import finds_by_index


class LinkFilter(models.TextChoices):
    CURRENT = "current", pgettext_lazy("of many", "Active and used")
    EXPIRED = "expired", pgettext_lazy("of many", "Expired")
    REVOKED = "revoked", pgettext_lazy("of many", "Revoked")
    ALL = "all", pgettext_lazy("of many", "All")

    def of(self, links: OneTimeLinkQuerySet, *, at: datetime) -> OneTimeLinkQuerySet:
        match self:
            case LinkFilter.CURRENT:
                return links.active_or_used(at=at)
            case LinkFilter.EXPIRED:
                return links.expired(at=at)
            case LinkFilter.REVOKED:
                return links.revoked()
            case _:
                return links.all()


# Every link is of exactly one of these kinds. Each is counted in the order of its index, so that a
# count of very many links reads the index only until it reaches its limit.
KINDS: Mapping[LinkFilter, tuple[str, str]] = {
    LinkFilter.CURRENT: ("-created_at", "-pk"),
    LinkFilter.EXPIRED: ("expires_at", "pk"),
    LinkFilter.REVOKED: ("revoked_at", "pk"),
}


@dataclass(frozen=True)
class LinkQuery:
    """A filter, a search and a page of a calendar's links, newest first."""

    show: str = LinkFilter.CURRENT
    q: str = ""
    older_than: int | None = None
    newer_than: int | None = None
    start: int | None = None  # the key of the link that the page begins with
    kept: int | None = None  # the key of a link just changed, which is shown whatever the filter


def find_links(
    calendar: Calendar, query: LinkQuery, *, size: int, now: datetime
) -> KeyPage[OneTimeLink]:
    """Return the page of the calendar's links for `query`, with their bookings."""
    links = LinkFilter(query.show).of(_matching(calendar, query), at=now)
    if query.kept:
        links |= _matching(calendar, query).filter(pk=query.kept)
    return page_by_key(
        links.select_related("booking"),
        order="-created_at",
        size=size,
        before=_find(calendar, query.newer_than),
        after=_find(calendar, query.older_than),
        start=_find(calendar, query.start),
    )


def count_links(
    calendar: Calendar, query: LinkQuery, page: KeyPage[OneTimeLink], *, now: datetime
) -> dict[LinkFilter, int]:
    """Return how many links match the search of `query`, by filter, in one query at most.

    Kinds of which the `page` shows all links are counted on it. Every link is of one of the three
    kinds, so All is their sum.
    """
    counts = _counted_on(page, query, now=now)
    if missing := [kind for kind in KINDS if kind not in counts]:
        # The counts are annotations of the calendar's row, so that one query makes all of them.
        row = Calendar.objects.filter(pk=calendar.pk).order_by()
        capped = {kind.value: _count(kind, calendar, query, now=now) for kind in missing}
        found = row.annotate(**capped).values_list(*capped).get()
        counts = {**counts, **dict(zip(missing, found, strict=True))}
    return {**counts, LinkFilter.ALL: sum(counts.values())}


def kind_of(link: OneTimeLink, *, at: datetime) -> LinkFilter:
    """Return which one of the three kinds the link is of."""
    kinds = {Status.EXPIRED: LinkFilter.EXPIRED, Status.REVOKED: LinkFilter.REVOKED}
    return kinds.get(link.status(at=at), LinkFilter.CURRENT)


def _matching(calendar: Calendar, query: LinkQuery) -> OneTimeLinkQuerySet:
    links = OneTimeLink.objects.filter(calendar=calendar)
    return links.noted(query.q) if query.q else links


def _find(calendar: Calendar, pk: int | None) -> OneTimeLink | None:
    return OneTimeLink.objects.filter(calendar=calendar, pk=pk).first() if pk else None


def _counted_on(
    page: KeyPage[OneTimeLink], query: LinkQuery, *, now: datetime
) -> dict[LinkFilter, int]:
    """Return the counts of those kinds of which the page shows all links."""
    show = LinkFilter(query.show)
    if page.has_previous or page.has_next or query.kept:
        return {}
    counted = Counter(kind_of(link, at=now) for link in page.rows)
    return {kind: counted[kind] for kind in KINDS if show in (kind, LinkFilter.ALL)}


def _count(kind: LinkFilter, calendar: Calendar, query: LinkQuery, *, now: datetime) -> CappedCount:
    matching = kind.of(_matching(calendar, query), at=now)
    order = () if finds_by_index(fold(query.q)) else KINDS[kind]
    return CappedCount(matching.order_by(*order))
