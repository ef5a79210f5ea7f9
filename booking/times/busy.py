"""The busy time of hosts, as all busy sources together have it (`booking/times/sources.py`)."""

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

    The answer is for a booking of `calendar` that is made by `link`, or for the booking `moving`:
    time that is held for that link or taken by that booking does not count as busy.
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
    """Return what is busy within `interval` in words for the owner, in one query per source."""
    keys = _keys(calendar, link, moving)
    scopes = [Scope(host=host, interval=interval, **keys) for host in hosts]
    return [source.words(row, calendar.zone) for source, row in _rows(scopes)]


def items_of(host: int, interval: Interval) -> list[Item]:
    """Return the items of `interval` in the planner of `host` (a key), in one query per source.

    A booking outside the interval is among them if its buffers reach into it.
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
    """Return the query of `busy_of` for this number of hosts, made once for each number."""
    return Prepared(partial(_union, hosts))


def _union(hosts: int) -> "QuerySet[Any, Any]":
    """Return a query for the columns of every source and host, with parameters for `busy_of`."""
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
