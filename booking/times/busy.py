"""When hosts are busy, and by what: asked of every busy source (`booking/times/sources.py`)."""

from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Any

from django.db.models import BigIntegerField, DateTimeField, QuerySet

from booking.models import Booking
from booking.times.slots import Busy
from booking.times.sources import NO_BOOKING, NO_LINK, SOURCES, Item, Scope, Source
from calendars.kit.prepared import Prepared, parameter
from calendars.models import Calendar
from calendars.schedule import Interval
from onetime_links.models import OneTimeLink


def busy_of(
    hosts: Sequence[int],
    interval: Interval,
    *,
    calendar: Calendar,
    link: OneTimeLink | None = None,
    moving: Booking | None = None,
) -> Busy:
    """Return when any of `hosts` (by key) is busy within `interval`, in one query.

    Asked for a booking of `calendar` that is made by `link`, or for the booking `moving`: what is
    held for that link, and that booking, do not stand in their own way.
    """
    rows = _prepared_for(len(hosts)).rows(
        **{f"host{n}": host for n, host in enumerate(hosts)},
        start=interval.start,
        end=interval.end,
        **_keys(calendar, link, moving),
    )
    return Busy(
        intervals=[Interval(start, end) for start, end, _, _ in rows],
        starts=[starts_at for _, _, starts_at, pk in rows if pk == calendar.pk],
    )


def what_is_in_the_way(
    hosts: Sequence[int],
    interval: Interval,
    *,
    calendar: Calendar,
    link: OneTimeLink | None = None,
    moving: Booking | None = None,
) -> list[str]:
    """Return in words for the owner what `busy_of` has for `interval`, in one query a source."""
    keys = _keys(calendar, link, moving)
    scopes = [Scope(host=host, interval=interval, **keys) for host in hosts]
    return [source.words(row, calendar.zone) for source, row in _rows(scopes)]


def items_of(host: int, interval: Interval) -> list[Item]:
    """Return what the planner of `host` (a key) shows of `interval`, in one query a source.

    Some may lie beside it: a booking whose buffers reach into it.
    """
    return [source.item(row) for source, row in _rows([Scope(host=host, interval=interval)])]


def _keys(calendar: Calendar, link: OneTimeLink | None, moving: Booking | None) -> dict[str, int]:
    return {
        "calendar": calendar.pk,
        "link": link.pk if link else NO_LINK,
        "moving": moving.pk if moving else NO_BOOKING,
    }


def _rows(scopes: Sequence[Scope]) -> Iterator[tuple[Source[Any], Any]]:
    return ((source, row) for source in SOURCES for scope in scopes for row in source.rows(scope))


@cache
def _prepared_for(hosts: int) -> Prepared[Any]:
    """Return the query of `busy_of` for a number of hosts, of which there are few."""
    return Prepared(partial(_union, hosts))


def _union(hosts: int) -> "QuerySet[Any, Any]":
    """Return the columns of every source for every host, to be filled in with `_keys`."""
    scopes = [
        Scope(
            host=parameter(f"host{n}", BigIntegerField()),
            interval=Interval(*(parameter(name, DateTimeField()) for name in ("start", "end"))),
            **{name: parameter(name, BigIntegerField()) for name in ("calendar", "link", "moving")},
        )
        for n in range(hosts)
    ]
    first, *others = (
        source.rows(scope).order_by().values_list(*source.columns)
        for source in SOURCES
        for scope in scopes
    )
    return first.union(*others, all=True)
