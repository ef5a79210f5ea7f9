"""The owner's list of bookings: what of it is shown, and each row in words."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from booking.addresses import link_path
from booking.models import Booking, BookingQuerySet, Mail
from calendars.kit.addressing import query_of
from calendars.kit.counts import CappedCount, count_text
from calendars.kit.datetext import date_text, joined, time_text
from calendars.kit.paging import KeyPage, page_by_key
from calendars.kit.walltime import local_date
from calendars.kit.zones import city_of
from calendars.models import MAX_MINUTES, Calendar, Owner
from onetime_links.listing import Filter

PAGE_SIZE = 30
DAY = timedelta(days=1)
# No calendar has a longer duration.
LONGEST = timedelta(minutes=MAX_MINUTES)
# More are not offered in the filter: its page must not grow without end.
MAX_CALENDARS = 500
# With more, the mail server is in trouble rather than single emails.
MAX_FAILING = 20


class Show(models.TextChoices):
    UPCOMING = "upcoming", pgettext_lazy("of many", "Upcoming")
    PAST = "past", pgettext_lazy("of many", "Past")
    CANCELLED = "cancelled", pgettext_lazy("of many", "Cancelled")

    def of(self, bookings: BookingQuerySet, *, at: datetime) -> BookingQuerySet:
        """Each also says when it starts: that is how the database finds the place to begin at."""
        match self:
            case Show.UPCOMING:
                return bookings.upcoming(at=at).filter(starts_at__gt=at - LONGEST)
            case Show.PAST:
                return bookings.past(at=at).filter(starts_at__lt=at)
            case _:
                return bookings.cancelled()

    @property
    def order(self) -> str:
        """What comes next first; of the rest the latest."""
        return "starts_at" if self == Show.UPCOMING else "-starts_at"


@dataclass(frozen=True)
class ListState:
    """What the address of the list says: `calendar`, `before` and `after` are keys."""

    show: str = Show.UPCOMING
    q: str = ""
    calendar: int | None = None
    before: int | None = None
    after: int | None = None

    def turned(self, **changes: Any) -> Self:
        """The state of another view of the list, from its first page on."""
        return replace(self, **{"before": None, "after": None, **changes})

    @property
    def url(self) -> str:
        return reverse("booking:bookings") + query_of(self)

    @property
    def export_url(self) -> str:
        return reverse("booking:export") + query_of(self.turned())

    @property
    def is_narrow(self) -> bool:
        """Whether it may leave out bookings of the owner."""
        return bool(self.q or self.calendar)

    def narrowed(self, bookings: BookingQuerySet) -> BookingQuerySet:
        if self.calendar:
            bookings = bookings.filter(calendar=self.calendar)
        return bookings.naming(self.q) if self.q else bookings


def listed(owner: Owner, state: ListState, *, now: datetime) -> BookingQuerySet:
    """All pages of the list, with what a row says of each."""
    bookings = state.narrowed(Booking.objects.of(owner).select_related("calendar", "one_time_link"))
    return Show(state.show).of(bookings, at=now)


@dataclass(frozen=True)
class Row:
    """A booking in words, as of `now`: in its calendar's time, and in the client's."""

    booking: Booking
    now: datetime

    @property
    def date(self) -> date:
        return local_date(self.booking.starts_at, self._zone)

    @property
    def times(self) -> str:
        return times_text(self.booking, self._zone)

    @property
    def client_times(self) -> str:
        """Empty where the client's clocks say the same."""
        theirs, ours = self._starts
        return "" if theirs.utcoffset() == ours.utcoffset() else self.times_there

    @property
    def times_there(self) -> str:
        """The client's times, and where that is; with the date where it is another."""
        booking, zone = self.booking, self.booking.client_zone
        theirs, ours = self._starts
        text = times_text(booking, zone)
        if theirs.date() != ours.date():
            text = joined(date_text(theirs, "MMMEd"), text)
        return _("%(times)s in %(city)s") % {"times": text, "city": city_of(zone.key)}

    @property
    def has_begun(self) -> bool:
        return self.booking.starts_at <= self.now

    @property
    def is_over(self) -> bool:
        return self.booking.ends_at <= self.now

    @property
    def is_going_on(self) -> bool:
        return self.booking.is_live and self.has_begun and not self.is_over

    @property
    def link_url(self) -> str:
        return link_path(self.booking)

    @property
    def _starts(self) -> tuple[datetime, datetime]:
        """By the client's clocks, and by the calendar's."""
        start = self.booking.starts_at
        return start.astimezone(self.booking.client_zone), start.astimezone(self._zone)

    @property
    def _zone(self) -> ZoneInfo:
        return self.booking.calendar.zone


def times_text(booking: Booking, zone: ZoneInfo) -> str:
    """Such as "10:00–10:30". A booking lasts a day at most, so it ends when this comes next."""
    start, end = (at.astimezone(zone) for at in (booking.starts_at, booking.ends_at))
    return f"{time_text(start)}–{time_text(end)}"


@dataclass(frozen=True)
class Day:
    label: str
    rows: list[Row]


def days_of(bookings: Iterable[Booking], *, now: datetime) -> list[Day]:
    """Rows by the dates of their calendars, in the order in which they come."""
    rows = (Row(booking, now) for booking in bookings)
    grouped = ((day, list(of_day)) for day, of_day in groupby(rows, key=lambda row: row.date))
    return [Day(_day_label(day, of_day[0]), of_day) for day, of_day in grouped]


def _day_label(day: date, row: Row) -> str:
    """Such as "Tomorrow, Tuesday 24 November"."""
    today = local_date(row.now, row.booking.calendar.zone)
    names = {today - DAY: _("Yesterday"), today: _("Today"), today + DAY: _("Tomorrow")}
    text = date_text(day, "MMMMEEEEd" if day.year == today.year else "yMMMMEEEEd")
    return joined(names[day], text) if day in names else text


class BookingList:
    """A page of the owner's bookings, and what stands around it."""

    def __init__(self, owner: Owner, state: ListState, *, now: datetime) -> None:
        self.owner, self.state, self.now = owner, state, now
        self.bookings = Booking.objects.of(owner)

    @cached_property
    def days(self) -> list[Day]:
        return days_of(self._page.rows, now=self.now)

    @property
    def previous(self) -> str | None:
        """The address of the page before this one, or None where there is none."""
        rows = self._page.rows
        return self._turned(before=rows[0].pk) if self._page.has_previous else None

    @property
    def next(self) -> str | None:
        rows = self._page.rows
        return self._turned(after=rows[-1].pk) if self._page.has_next else None

    @cached_property
    def filters(self) -> list[Filter]:
        """By one query. The owner's own row is there to hang the counts on."""
        narrowed = self.state.narrowed(self.bookings)
        if self.state.is_narrow:
            narrowed = narrowed.order_by()
        capped = {show.value: CappedCount(show.of(narrowed, at=self.now)) for show in Show}
        row = Owner.objects.filter(pk=self.owner.pk).order_by()
        counts = row.annotate(**capped).values_list(*capped).get()
        return [
            Filter(
                label=str(show.label),
                count=count_text(count),
                url=self._turned(show=show),
                is_chosen=show == self.state.show,
            )
            for show, count in zip(Show, counts, strict=True)
        ]

    @cached_property
    def calendars(self) -> list[Calendar]:
        """What the list can be narrowed down to."""
        calendars = Calendar.objects.of(self.owner).only("name", "owner")
        return list(calendars[:MAX_CALENDARS])

    @cached_property
    def failing(self) -> list[Booking]:
        """Those of which an email could not be sent, until they are over: then it is too late."""
        failed = Mail.objects.failed().values("booking")
        bookings = self.bookings.filter(ends_at__gt=self.now, starts_at__gt=self.now - LONGEST)
        bookings = bookings.filter(pk__in=failed)
        return list(bookings.only("client_name")[:MAX_FAILING])

    @property
    def is_empty(self) -> bool:
        """Whether there is no booking at all."""
        return not (self._page.rows or self.state.is_narrow or self.bookings.exists())

    @cached_property
    def _page(self) -> KeyPage[Booking]:
        return page_by_key(
            listed(self.owner, self.state, now=self.now),
            order=Show(self.state.show).order,
            size=PAGE_SIZE,
            before=self._find(self.state.before),
            after=self._find(self.state.after),
        )

    def _turned(self, **changes: Any) -> str:
        return self.state.turned(**changes).url

    def _find(self, pk: int | None) -> Booking | None:
        return self.bookings.filter(pk=pk).first() if pk else None
