"""The list of a calendar's links: what of it is shown, and each row in words."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Self

from django.db import models
from django.urls import reverse
from django.utils.translation import pgettext_lazy

from calendars.kit.addressing import query_of
from calendars.kit.counts import CappedCount, count_text
from calendars.kit.datetext import on_one_line
from calendars.kit.paging import KeyPage, page_by_key
from calendars.kit.timetext import moment_text, time_left
from calendars.models import Calendar
from onetime_links.links import UNDO_WINDOW
from onetime_links.models import LinkRequest, OneTimeLink, OneTimeLinkQuerySet, Status
from onetime_links.note_index import finds_by_index

PAGE_SIZE = 25
SHARE_SIZE = 10
# Only a slip of the hand revokes more within two minutes.
MAX_REQUESTS = 20
MAX_UNDOS = 5


class Place(models.TextChoices):
    """Where the list stands."""

    SECTION = "section"
    SHARE = "share"


class Show(models.TextChoices):
    CURRENT = "current", pgettext_lazy("of many", "Active and used")
    EXPIRED = "expired", pgettext_lazy("of many", "Expired")
    REVOKED = "revoked", pgettext_lazy("of many", "Revoked")
    ALL = "all", pgettext_lazy("of many", "All")

    def of(self, links: OneTimeLinkQuerySet, *, at: datetime) -> OneTimeLinkQuerySet:
        match self:
            case Show.CURRENT:
                return links.active_or_used(at=at)
            case Show.EXPIRED:
                return links.expired(at=at)
            case Show.REVOKED:
                return links.revoked()
            case _:
                return links.all()


# Every link is of one of these kinds. Each is counted in the order of the index that holds it: of
# very many, the count reads on there until it has enough.
KINDS = {
    Show.CURRENT: ("-created_at", "-pk"),
    Show.EXPIRED: ("expires_at", "pk"),
    Show.REVOKED: ("revoked_at", "pk"),
}


@dataclass(frozen=True)
class ListState:
    """What the address of a list says."""

    place: str = Place.SECTION
    show: str = Show.CURRENT
    q: str = ""
    older_than: int | None = None
    newer_than: int | None = None
    start: int | None = None  # the key of the link that the page begins with
    made: int | None = None  # the key of a link just made
    kept: int | None = None  # the key of a link just changed: it stays in sight

    def but(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def turned(self, **changes: Any) -> Self:
        """The state of another view of the list, where no link is just made or changed."""
        keys = dict.fromkeys(("older_than", "newer_than", "start", "made", "kept"))
        return replace(self, **{**keys, **changes})

    @property
    def query(self) -> str:
        return query_of(self)

    def url(self, calendar: Calendar) -> str:
        """The page that shows the list, in this state."""
        name = "share_tab" if self.place == Place.SHARE else "section"
        # The path says the place already.
        query = self.but(place=Place.SECTION).query
        return reverse(f"onetime_links:{name}", args=[calendar.slug]) + query


@dataclass(frozen=True)
class Row:
    """A link in words, as of `now`, in the time of its calendar."""

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
    def kind(self) -> Show:
        kinds = {Status.EXPIRED: Show.EXPIRED, Status.REVOKED: Show.REVOKED}
        return kinds.get(self.status, Show.CURRENT)

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
        """For how long its revocation can still be undone."""
        revoked_at = self.link.revoked_at
        left = revoked_at + UNDO_WINDOW - self.now if revoked_at else timedelta(0)
        return max(0, int(left.total_seconds()))

    def _moment(self, instant: datetime | None, *, weekday: bool = False) -> str:
        if instant is None:
            return ""
        return on_one_line(moment_text(instant, self.calendar.zone, self.now, weekday=weekday))


@dataclass(frozen=True)
class Filter:
    label: str
    count: str
    url: str
    is_chosen: bool


class LinkList:
    """A page of a calendar's links, newest first, and what stands around it."""

    def __init__(self, calendar: Calendar, state: ListState, *, now: datetime) -> None:
        self.calendar, self.state, self.now = calendar, state, now
        self.size = SHARE_SIZE if state.place == Place.SHARE else PAGE_SIZE
        self.links = OneTimeLink.objects.filter(calendar=calendar)

    @cached_property
    def rows(self) -> list[Row]:
        return [self._row(link) for link in self._page.rows]

    @property
    def newer(self) -> str | None:
        """The address of the newer page, or None where there is none."""
        return self._turned(newer_than=self.rows[0].link.pk) if self._page.has_previous else None

    @property
    def older(self) -> str | None:
        return self._turned(older_than=self.rows[-1].link.pk) if self._page.has_next else None

    @cached_property
    def filters(self) -> list[Filter]:
        return [
            Filter(
                label=str(show.label),
                count=count_text(self._counts[show]),
                url=self._turned(show=show),
                is_chosen=show == self.state.show,
            )
            for show in Show
        ]

    @property
    def is_empty(self) -> bool:
        """Whether the calendar has no links at all."""
        return not (self.rows or self.state.q or self.links.exists())

    @cached_property
    def made(self) -> Row | None:
        """The link just made, while it can be sent to someone."""
        if self.state.made is None:
            return None
        link = self.links.active(at=self.now).filter(pk=self.state.made).first()
        return self._row(link) if link else None

    @cached_property
    def requests(self) -> list[LinkRequest]:
        """Who asks for a new link and has no answer yet, the first first."""
        open_ones = LinkRequest.objects.open().filter(link__calendar=self.calendar)
        return list(open_ones.select_related("link")[:MAX_REQUESTS])

    @property
    def nothing_changed(self) -> bool:
        """Whether the focus belongs to the link just made, and not to one changed since."""
        return self.state.kept is None

    @cached_property
    def undos(self) -> list[Row]:
        """What was revoked less than two minutes ago, the latest first."""
        revoked = self.links.revoked_since(self.now - UNDO_WINDOW).order_by("-revoked_at")
        return [self._row(link) for link in revoked[:MAX_UNDOS]]

    @cached_property
    def _matching(self) -> OneTimeLinkQuerySet:
        return self.links.noted(self.state.q) if self.state.q else self.links

    @cached_property
    def _counts(self) -> dict[Show, int]:
        """By one query at most. Every link is of one of the three kinds, so All is their sum."""
        counts = self._counted_on_page
        if missing := [kind for kind in KINDS if kind not in counts]:
            # The calendar's own row is there to hang the counts on.
            row = Calendar.objects.filter(pk=self.calendar.pk).order_by()
            capped = {kind.value: self._count(kind) for kind in missing}
            found = row.annotate(**capped).values_list(*capped).get()
            counts = {**counts, **dict(zip(missing, found, strict=True))}
        return {**counts, Show.ALL: sum(counts.values())}

    def _count(self, kind: Show) -> CappedCount:
        matching = kind.of(self._matching, at=self.now)
        order = () if finds_by_index(self.state.q) else KINDS[kind]
        return CappedCount(matching.order_by(*order))

    @property
    def _counted_on_page(self) -> dict[Show, int]:
        """The kinds of which the page shows all."""
        page, show = self._page, Show(self.state.show)
        if page.has_previous or page.has_next or self.state.kept:
            return {}
        counted = Counter(row.kind for row in self.rows)
        return {kind: counted[kind] for kind in KINDS if show in (kind, Show.ALL)}

    @cached_property
    def _page(self) -> KeyPage[OneTimeLink]:
        links = Show(self.state.show).of(self._matching, at=self.now)
        if self.state.kept:
            links |= self._matching.filter(pk=self.state.kept)
        return page_by_key(
            links.select_related("booking"),
            order="-created_at",
            size=self.size,
            before=self._find(self.state.newer_than),
            after=self._find(self.state.older_than),
            start=self._find(self.state.start),
        )

    def _turned(self, **changes: Any) -> str:
        return self.state.turned(**changes).url(self.calendar)

    def _find(self, pk: int | None) -> OneTimeLink | None:
        return self.links.filter(pk=pk).first() if pk else None

    def _row(self, link: OneTimeLink) -> Row:
        return Row(link, self.calendar, self.now, is_kept=link.pk == self.state.kept)
