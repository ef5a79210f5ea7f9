"""Counts that stop at a limit, and how they read."""

from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery
from django.utils.translation import gettext as _

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
