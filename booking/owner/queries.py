"""Queries for the bookings of an owner: filters, search and pages.

Words and addresses for the page of the list are in `listing`. The export and other readers use the
queries alone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import pgettext_lazy

from booking.models import Booking, BookingQuerySet
from calendars.kit.counts import CappedCount
from calendars.kit.paging import KeyPage, page_by_key
from calendars.models import MAX_MINUTES, Owner

# No calendar has a longer duration.
LONGEST = timedelta(minutes=MAX_MINUTES)


class BookingFilter(models.TextChoices):
    UPCOMING = "upcoming", pgettext_lazy("of many", "Upcoming")
    PAST = "past", pgettext_lazy("of many", "Past")
    CANCELLED = "cancelled", pgettext_lazy("of many", "Cancelled")

    def of(self, bookings: BookingQuerySet, *, at: datetime) -> BookingQuerySet:
        """Return the bookings that this filter shows.

        Upcoming and past bookings are also filtered by `starts_at`. That leaves out none of them,
        but lets the database begin at the right place in its index.
        """
        match self:
            case BookingFilter.UPCOMING:
                return bookings.upcoming(at=at).filter(starts_at__gt=at - LONGEST)
            case BookingFilter.PAST:
                return bookings.past(at=at).filter(starts_at__lt=at)
            case _:
                return bookings.cancelled()

    @property
    def order(self) -> str:
        """Return the order: the soonest first for upcoming bookings, else the latest first."""
        return "starts_at" if self == BookingFilter.UPCOMING else "-starts_at"


@dataclass(frozen=True)
class BookingQuery:
    """The wanted bookings, and the page of them: `calendar`, `before` and `after` are keys."""

    show: str = BookingFilter.UPCOMING
    q: str = ""
    calendar: int | None = None
    before: int | None = None
    after: int | None = None

    @property
    def is_narrow(self) -> bool:
        """Return whether the search or the calendar may leave out bookings of the owner."""
        return bool(self.q or self.calendar)

    @property
    def order(self) -> str:
        return BookingFilter(self.show).order


def bookings_of(owner: Owner, query: BookingQuery, *, now: datetime) -> BookingQuerySet:
    """Return the bookings of all pages, with calendars and links. The caller sets the order."""
    bookings = Booking.objects.of(owner).select_related("calendar", "one_time_link")
    return BookingFilter(query.show).of(_narrowed(bookings, query), at=now)


def find_bookings(
    owner: Owner, query: BookingQuery, *, size: int, now: datetime
) -> KeyPage[Booking]:
    """Return the page of the owner's bookings that `query` wants."""
    return page_by_key(
        bookings_of(owner, query, now=now),
        order=query.order,
        size=size,
        before=_find(owner, query.before),
        after=_find(owner, query.after),
    )


def count_bookings(owner: Owner, query: BookingQuery, *, now: datetime) -> dict[BookingFilter, int]:
    """Return how many bookings match the search and the calendar, by filter. One query."""
    matching = _narrowed(Booking.objects.of(owner), query)
    if query.is_narrow:
        matching = matching.order_by()
    capped = {show.value: CappedCount(show.of(matching, at=now)) for show in BookingFilter}
    # The query selects the owner's own row, and the counts are annotations of it.
    row = Owner.objects.filter(pk=owner.pk).order_by()
    counts = row.annotate(**capped).values_list(*capped).get()
    return dict(zip(BookingFilter, counts, strict=True))


def _narrowed(bookings: BookingQuerySet, query: BookingQuery) -> BookingQuerySet:
    if query.calendar:
        bookings = bookings.filter(calendar=query.calendar)
    return bookings.naming(query.q) if query.q else bookings


def _find(owner: Owner, pk: int | None) -> Booking | None:
    return Booking.objects.of(owner).filter(pk=pk).first() if pk else None
