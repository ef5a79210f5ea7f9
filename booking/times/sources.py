"""The busy sources: live bookings and time off. Each knows one kind of thing that takes time.

To add a source, write its class here, with its words for the owner, and list it in SOURCES.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, Model, QuerySet, Value
from django.urls import reverse
from django.utils.translation import gettext as _

from booking.models import Booking, TimeOff
from booking.timewords import span_text
from calendars.schedule import Interval

Row = TypeVar("Row", bound=Model)
# Keys that no row has.
NO_CALENDAR = 0  # for time off, which counts towards no calendar's daily cap
NO_LINK = 0  # if the client came by no link
NO_BOOKING = 0  # if a new booking is made and none is moved


@dataclass(frozen=True)
class Scope:
    """The host and the interval for which busy time is wanted, and the booking that needs to know.

    That is a booking of `calendar` that is made by `link`, or the booking `moving`: time that is
    held for that link or taken by that booking does not count. The fields hold the keys of rows
    and an interval, or parameters of a query in their place.
    """

    host: int
    interval: Interval
    calendar: int = NO_CALENDAR
    link: int = NO_LINK
    moving: int = NO_BOOKING


@dataclass(frozen=True)
class Item:
    """A thing that takes a host's time, as their planner shows it. `url` is empty for time off."""

    start: datetime
    end: datetime
    label: str
    facts: str = ""
    url: str = ""
    colour: str = ""


class Source(ABC, Generic[Row]):
    """One kind of rows of the database that make a host busy."""

    # The columns of a row: the start and the end of the busy time, and for the daily cap the start
    # of the booking and the key of its calendar.
    columns: Sequence[Any]

    @abstractmethod
    def rows(self, scope: Scope) -> QuerySet[Row]:
        """Return the rows that make the host busy within the interval, with all that words need."""

    @abstractmethod
    def words(self, row: Row, zone: ZoneInfo) -> str:
        """Return words for the row, as in a notice of what a time would overlap."""

    @abstractmethod
    def item(self, row: Row) -> Item:
        """Return the row as the planner shows it."""


class LiveBookings(Source[Booking]):
    columns = ("blocked_from", "blocked_until", "starts_at", "calendar_id")

    def rows(self, scope: Scope) -> QuerySet[Booking]:
        bookings = Booking.objects.filter(host=scope.host).blocking(scope.interval)
        return bookings.exclude(pk=scope.moving).select_related("calendar")

    def words(self, row: Booking, zone: ZoneInfo) -> str:
        words = {
            "name": row.shown_name,
            "calendar": row.calendar.name,
            "time": span_text(row.starts_at, row.ends_at, zone),
        }
        if (row.blocked_from, row.blocked_until) == (row.starts_at, row.ends_at):
            return _("%(name)s’s booking, %(time)s (%(calendar)s)") % words
        return _("%(name)s’s booking, %(time)s, with its buffers (%(calendar)s)") % words

    def item(self, row: Booking) -> Item:
        return Item(
            start=row.starts_at,
            end=row.ends_at,
            label=row.shown_name,
            facts=row.calendar.name,
            url=reverse("booking:booking", args=[row.pk]),
            colour=row.calendar.colour,
        )


class TimesOff(Source[TimeOff]):
    columns = ("starts_at", "ends_at", "starts_at", Value(NO_CALENDAR, BigIntegerField()))

    def rows(self, scope: Scope) -> QuerySet[TimeOff]:
        return TimeOff.objects.filter(host=scope.host).blocking(scope.interval)

    def words(self, row: TimeOff, zone: ZoneInfo) -> str:
        time = span_text(row.starts_at, row.ends_at, zone)
        if row.note:
            return _("your time off “%(note)s”, %(time)s") % {"note": row.note, "time": time}
        return _("your time off, %(time)s") % {"time": time}

    def item(self, row: TimeOff) -> Item:
        return Item(start=row.starts_at, end=row.ends_at, label=_("Time off"), facts=row.note)


SOURCES: Sequence[Source[Any]] = (LiveBookings(), TimesOff())
