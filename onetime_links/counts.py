"""How many rows there are of a kind, without ever counting beyond a limit."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from calendars.models import Calendar
from onetime_links.models import LinkRequest, OneTimeLink

COUNT_LIMIT = 1000


class CappedCount(Subquery):
    """The number of rows of a queryset, but at most one beyond the limit.

    Their order does not matter to it, but to how soon PostgreSQL has enough: in the order of an
    index it reads on until then, where it might else join all there is. What is searched for is
    found sooner without an order.
    """

    template = "(SELECT COUNT(*) FROM (%(subquery)s) capped)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any]) -> None:
        super().__init__(rows.values("pk")[: COUNT_LIMIT + 1])


def count_text(count: int) -> str:
    return str(count) if count <= COUNT_LIMIT else _("1,000+")


def count_active_links(calendars: Iterable[Calendar], *, at: datetime) -> dict[int, int]:
    """By the calendars' keys, in one query. More than the limit reads as one beyond it."""
    active = OneTimeLink.objects.filter(calendar=OuterRef("pk")).active(at=at)
    keys = [calendar.pk for calendar in calendars]
    counted = (
        Calendar.objects.filter(pk__in=keys)
        .order_by()
        .annotate(count=CappedCount(active.order_by()))
    )
    return dict(counted.values_list("pk", "count"))


def count_open_requests(calendars: Iterable[Calendar]) -> dict[int, int]:
    """How many clients wait for a new link, by the keys of those calendars that have any."""
    waiting = LinkRequest.objects.open().filter(link__calendar__in=[each.pk for each in calendars])
    counted = waiting.order_by().values("link__calendar").annotate(count=Count("pk"))
    return dict(counted.values_list("link__calendar", "count"))
