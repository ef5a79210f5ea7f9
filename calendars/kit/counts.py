"""Counts that stop at a limit, and their text."""

from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery
from django.utils.translation import gettext as _

COUNT_LIMIT = 1000


class CappedCount(Subquery):
    """The number of rows of a queryset, counted up to COUNT_LIMIT + 1.

    The order of the rows does not change the count, but it changes PostgreSQL's plan. In the order
    of an index it reads until it has enough; without one it may join all rows first. For a search,
    leave the order out: the matches are found sooner that way.
    """

    template = "(SELECT COUNT(*) FROM (%(subquery)s) capped)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any]) -> None:
        super().__init__(rows.values("pk")[: COUNT_LIMIT + 1])


def count_text(count: int) -> str:
    """Return the count, or "1,000+" beyond the limit, in the reader's language."""
    return str(count) if count <= COUNT_LIMIT else _("1,000+")
