"""The page with the owner's list of bookings: its addresses, and its rows in words."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from booking.addresses import link_path
from booking.models import Booking, Mail
from booking.owner.queries import LONGEST, BookingQuery, count_bookings, find_bookings
from calendars.kit.addressing import FilterTab, query_of
from calendars.kit.counts import count_text
from calendars.kit.datetext import date_text, joined, time_text
from calendars.kit.paging import KeyPage
from calendars.kit.walltime import local_date
from calendars.kit.zones import city_of
from calendars.models import Calendar, Owner

PAGE_SIZE = 30
DAY = timedelta(days=1)
# The most calendars in the filter, because the page must not grow without end.
MAX_CALENDARS = 500
# The most bookings that are named for failed emails: with more, the mail server is the problem.
MAX_FAILING = 20


@dataclass(frozen=True)
class BookingListState(BookingQuery):
    """The state of the list, as its address says it."""

    def turned(self, **changes: Any) -> Self:
        """Return the state with `changes`, on the first page."""
        return replace(self, **{"before": None, "after": None, **changes})

    @property
    def url(self) -> str:
        return reverse("booking:bookings") + query_of(self)

    @property
    def export_url(self) -> str:
        return reverse("booking:export") + query_of(self.turned())


@dataclass(frozen=True)
class BookingRow:
    """A booking in words as of `now`, in its calendar's zone and the client's."""

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
        """Return `times_there`, or an empty text if the client's clocks show the same time."""
        theirs, ours = self._starts
        return "" if theirs.utcoffset() == ours.utcoffset() else self.times_there

    @property
    def times_there(self) -> str:
        """Return the client's times and city, and the date if it differs from the calendar's."""
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
        """Return the start in the client's zone and in the calendar's."""
        start = self.booking.starts_at
        return start.astimezone(self.booking.client_zone), start.astimezone(self._zone)

    @property
    def _zone(self) -> ZoneInfo:
        return self.booking.calendar.zone


def times_text(booking: Booking, zone: ZoneInfo) -> str:
    """Return a text such as "10:00–10:30".

    No date is needed: a booking lasts a day at most, so it ends when the clock shows the end next.
    """
    start, end = (at.astimezone(zone) for at in (booking.starts_at, booking.ends_at))
    return f"{time_text(start)}–{time_text(end)}"


@dataclass(frozen=True)
class BookingDay:
    label: str
    rows: list[BookingRow]


def days_of(bookings: Iterable[Booking], *, now: datetime) -> list[BookingDay]:
    """Return the rows by date, in the zones of their calendars and in the given order."""
    rows = (BookingRow(booking, now) for booking in bookings)
    grouped = ((day, list(of_day)) for day, of_day in groupby(rows, key=lambda row: row.date))
    return [BookingDay(_day_label(day, of_day[0]), of_day) for day, of_day in grouped]


def _day_label(day: date, row: BookingRow) -> str:
    """Return a text such as "Tomorrow, Tuesday 24 November"."""
    today = local_date(row.now, row.booking.calendar.zone)
    names = {today - DAY: _("Yesterday"), today: _("Today"), today + DAY: _("Tomorrow")}
    text = date_text(day, "MMMMEEEEd" if day.year == today.year else "yMMMMEEEEd")
    return joined(names[day], text) if day in names else text


class BookingList:
    """A page of the owner's bookings, with its filters, links and warnings."""

    def __init__(self, owner: Owner, state: BookingListState, *, now: datetime) -> None:
        self.owner, self.state, self.now = owner, state, now
        self.bookings = Booking.objects.of(owner)

    @cached_property
    def days(self) -> list[BookingDay]:
        return days_of(self._page.rows, now=self.now)

    @property
    def previous(self) -> str | None:
        """Return the address of the page before this one, or None if there is none."""
        rows = self._page.rows
        return self._turned(before=rows[0].pk) if self._page.has_previous else None

    @property
    def next(self) -> str | None:
        rows = self._page.rows
        return self._turned(after=rows[-1].pk) if self._page.has_next else None

    @cached_property
    def filters(self) -> list[FilterTab]:
        counts = count_bookings(self.owner, self.state, now=self.now)
        return [
            FilterTab(
                label=str(show.label),
                count=count_text(count),
                url=self._turned(show=show),
                is_chosen=show == self.state.show,
            )
            for show, count in counts.items()
        ]

    @cached_property
    def calendars(self) -> list[Calendar]:
        """Return the calendars to which the list can be narrowed."""
        calendars = Calendar.objects.of(self.owner).only("name", "owner")
        return list(calendars[:MAX_CALENDARS])

    @cached_property
    def failing(self) -> list[Booking]:
        """Return the bookings with a failed email. Past ones are left out: it is too late then."""
        failed = Mail.objects.failed().values("booking")
        bookings = self.bookings.filter(ends_at__gt=self.now, starts_at__gt=self.now - LONGEST)
        bookings = bookings.filter(pk__in=failed)
        return list(bookings.only("client_name")[:MAX_FAILING])

    @property
    def is_empty(self) -> bool:
        """Return whether the owner has no bookings at all."""
        return not (self._page.rows or self.state.is_narrow or self.bookings.exists())

    @cached_property
    def _page(self) -> KeyPage[Booking]:
        return find_bookings(self.owner, self.state, size=PAGE_SIZE, now=self.now)

    def _turned(self, **changes: Any) -> str:
        return self.state.turned(**changes).url
