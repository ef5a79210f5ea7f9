"""The busy sources: live bookings and time off. Each says what makes a host busy.

A new source is one more class here, with its words for the owner, and its name in SOURCES.
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
NO_CALENDAR = 0  # that of time off, which counts towards no calendar's daily cap
NO_LINK = 0  # where nobody came by a link
NO_BOOKING = 0  # where a new booking is made and none is moved


@dataclass(frozen=True)
class Scope:
    """Whose busy time is asked for, when, and for what, by keys or by parameters of a query.

    It is asked for a booking of `calendar` that is made by `link`, or for the booking `moving`,
    which do not stand in their own way.
    """

    host: int
    interval: Interval
    calendar: int = NO_CALENDAR
    link: int = NO_LINK
    moving: int = NO_BOOKING


@dataclass(frozen=True)
class Item:
    """Something that takes a host's time, as their planner shows it; time off has no address."""

    start: datetime
    end: datetime
    label: str
    facts: str = ""
    url: str = ""
    colour: str = ""


class Source(ABC, Generic[Row]):
    """One kind of rows of the database that make a host busy."""

    # Of each row: from when until when the host is busy; and for the daily cap, when the booking
    # starts and the key of its calendar.
    columns: Sequence[Any]

    @abstractmethod
    def rows(self, scope: Scope) -> QuerySet[Row]:
        """Return what makes the host busy within the interval, with all that words need."""

    @abstractmethod
    def words(self, row: Row, zone: ZoneInfo) -> str:
        """Return what the owner is told that a time would overlap."""

    @abstractmethod
    def item(self, row: Row) -> Item:
        """Return what the planner shows."""


class LiveBookings(Source[Booking]):
    columns = ("blocked_from", "blocked_until", "starts_at", "calendar_id")

    def rows(self, scope: Scope) -> QuerySet[Booking]:
        bookings = Booking.objects.filter(host=scope.host).blocking(scope.interval)
        return bookings.exclude(pk=scope.moving).select_related("calendar")

    def words(self, row: Booking, zone: ZoneInfo) -> str:
        words = {
            "name": row.client_name,
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
            label=row.client_name,
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
