"""The list of a calendar's links on a page: its addresses, and its rows in words."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from django.db import models
from django.urls import reverse

from calendars.kit.addressing import FilterTab, query_of
from calendars.kit.counts import count_text
from calendars.kit.datetext import on_one_line
from calendars.kit.paging import KeyPage
from calendars.kit.timetext import moment_text, time_left
from calendars.models import Calendar
from onetime_links.links import UNDO_WINDOW, can_undo
from onetime_links.models import LinkRequest, OneTimeLink, Status
from onetime_links.queries import LinkFilter, LinkQuery, count_links, find_links

PAGE_SIZE = 25
SHARE_SIZE = 10
# The most requests and undos that are shown above the list. Few owners revoke more links than that
# in two minutes.
MAX_REQUESTS = 20
MAX_UNDOS = 5


class Place(models.TextChoices):
    """The page that the list is on: the section, or the tab of the Share dialog."""

    SECTION = "section"
    SHARE = "share"


@dataclass(frozen=True)
class LinkListState(LinkQuery):
    """The state of a list, which is the query of its address."""

    place: str = Place.SECTION
    made: int | None = None  # the key of a link just made

    def but(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def turned(self, **changes: Any) -> Self:
        """Return the state of another page or filter of the list, without marked links."""
        keys = dict.fromkeys(("older_than", "newer_than", "start", "made", "kept"))
        return replace(self, **{**keys, **changes})

    @property
    def query(self) -> str:
        return query_of(self)

    def url(self, calendar: Calendar) -> str:
        """Return the address of the page that shows the list in this state."""
        name = "share_tab" if self.place == Place.SHARE else "section"
        # The place is in the path already.
        query = self.but(place=Place.SECTION).query
        return reverse(f"onetime_links:{name}", args=[calendar.slug]) + query


@dataclass(frozen=True)
class LinkRow:
    """A link in words, at the instant `now` and in its calendar's zone."""

    link: OneTimeLink
    calendar: Calendar
    now: datetime
    is_kept: bool = False

    @cached_property
    def status(self) -> Status:
        return self.link.status(at=self.now)

    @property
    def is_active(self) -> bool:
        return self.status == Status.ACTIVE

    @property
    def badge(self) -> str:
        badges = {
            Status.ACTIVE: "badge--positive",
            Status.EXPIRED: "badge--warning",
            Status.REVOKED: "badge--negative",
        }
        return badges.get(self.status, "")

    @property
    def expires(self) -> str:
        return self._moment(self.link.expires_at)

    @property
    def expires_in(self) -> str:
        expires_at = self.link.expires_at
        return (
            on_one_line(time_left(expires_at, self.calendar.zone, self.now)) if expires_at else ""
        )

    @property
    def revoked(self) -> str:
        return self._moment(self.link.revoked_at)

    @property
    def booked_for(self) -> str:
        return self._moment(self.link.booking.starts_at, weekday=True)

    @property
    def undo_seconds(self) -> int:
        """The seconds left to undo its revocation."""
        revoked_at = self.link.revoked_at
        if revoked_at is None or not can_undo(revoked_at, now=self.now):
            return 0
        left = min(UNDO_WINDOW, revoked_at + UNDO_WINDOW - self.now)
        return int(left.total_seconds())

    def _moment(self, instant: datetime | None, *, weekday: bool = False) -> str:
        if instant is None:
            return ""
        return on_one_line(moment_text(instant, self.calendar.zone, self.now, weekday=weekday))


class LinkList:
    """A page of a calendar's links, newest first, with its filters, requests and offers to undo."""

    def __init__(self, calendar: Calendar, state: LinkListState, *, now: datetime) -> None:
        self.calendar, self.state, self.now = calendar, state, now
        self.size = SHARE_SIZE if state.place == Place.SHARE else PAGE_SIZE
        self.links = OneTimeLink.objects.filter(calendar=calendar)

    @property
    def zone(self) -> str:
        return self.calendar.time_zone

    @cached_property
    def rows(self) -> list[LinkRow]:
        return [self._row(link) for link in self._page.rows]

    @property
    def newer(self) -> str | None:
        """The address of the page of newer links, or None."""
        return self._turned(newer_than=self.rows[0].link.pk) if self._page.has_previous else None

    @property
    def older(self) -> str | None:
        return self._turned(older_than=self.rows[-1].link.pk) if self._page.has_next else None

    @cached_property
    def filters(self) -> list[FilterTab]:
        counts = count_links(self.calendar, self.state, self._page, now=self.now)
        return [
            FilterTab(
                label=str(show.label),
                count=count_text(counts[show]),
                url=self._turned(show=show),
                is_chosen=show == self.state.show,
            )
            for show in LinkFilter
        ]

    @property
    def is_empty(self) -> bool:
        """Whether the calendar has no links at all."""
        return not (self.rows or self.state.q or self.links.exists())

    @cached_property
    def made(self) -> LinkRow | None:
        """The link just made, while it can be sent to someone."""
        if self.state.made is None:
            return None
        link = self.links.active(at=self.now).filter(pk=self.state.made).first()
        return self._row(link) if link else None

    @cached_property
    def requests(self) -> list[LinkRequest]:
        """The open requests for new links, the oldest first."""
        open_ones = LinkRequest.objects.open().filter(link__calendar=self.calendar)
        return list(open_ones.select_related("link")[:MAX_REQUESTS])

    @property
    def nothing_changed(self) -> bool:
        """Whether the focus goes to the link just made, and not to one that was changed since."""
        return self.state.kept is None

    @cached_property
    def undos(self) -> list[LinkRow]:
        """The links that were revoked less than two minutes ago, the latest first."""
        revoked = self.links.revoked_around(self.now, within=UNDO_WINDOW).order_by("-revoked_at")
        return [self._row(link) for link in revoked[:MAX_UNDOS]]

    @cached_property
    def _page(self) -> KeyPage[OneTimeLink]:
        return find_links(self.calendar, self.state, size=self.size, now=self.now)

    def _turned(self, **changes: Any) -> str:
        return self.state.turned(**changes).url(self.calendar)

    def _row(self, link: OneTimeLink) -> LinkRow:
        return LinkRow(link, self.calendar, self.now, is_kept=link.pk == self.state.kept)
