"""Counts of calendars' active links and open requests."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, OuterRef

from calendars.kit.counts import CappedCount
from calendars.models import Calendar
from onetime_links.models import LinkRequest, OneTimeLink


def count_active_links(calendars: Iterable[Calendar], *, at: datetime) -> dict[int, int]:
    """Return the number of Active links by the calendar's key, in one query.

    Each count stops at COUNT_LIMIT + 1.
    """
    active = OneTimeLink.objects.filter(calendar=OuterRef("pk")).active(at=at)
    keys = [calendar.pk for calendar in calendars]
    counted = (
        Calendar.objects.filter(pk__in=keys)
        .order_by()
        .annotate(count=CappedCount(active.order_by()))
    )
    return dict(counted.values_list("pk", "count"))


def count_open_requests(calendars: Iterable[Calendar]) -> dict[int, int]:
    """Return the number of open requests by the calendar's key, for calendars that have any."""
    waiting = LinkRequest.objects.open().filter(link__calendar__in=[each.pk for each in calendars])
    counted = waiting.order_by().values("link__calendar").annotate(count=Count("pk"))
    return dict(counted.values_list("link__calendar", "count"))
