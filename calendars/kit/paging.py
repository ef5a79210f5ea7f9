"""Pages of a long list by the keys of its rows, without counting rows and without OFFSET."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class KeyPage(Generic[Row]):
    rows: list[Row]
    has_previous: bool
    has_next: bool


def page_by_key(
    rows: QuerySet[Row],
    *,
    order: str,
    size: int,
    before: Row | None = None,
    after: Row | None = None,
    start: Row | None = None,
) -> KeyPage[Row]:
    """Return the page that ends before, comes after or starts with a row; else the first page.

    `order` is a field, with "-" for descending order; rows with equal values are ordered by key in
    the same direction. Reads one row more than it shows, however many rows there are.
    """
    field, falls = order.removeprefix("-"), order.startswith("-")
    forward = rows.order_by(order, "-pk" if falls else "pk")
    if before is not None:
        found = list(_beyond(forward, field, before, rising=falls).reverse()[: size + 1])
        # With fewer rows than a page before it, show the first page, which is full.
        if len(found) >= size:
            return KeyPage(found[:size][::-1], len(found) > size, True)
    if after is not None:
        found = list(_beyond(forward, field, after, rising=not falls)[: size + 1])
        if found:
            return KeyPage(found[:size], True, len(found) > size)
    if start is not None:
        found = list(_beyond(forward, field, start, rising=not falls, including=True)[: size + 1])
        if found:
            earlier = _beyond(forward, field, start, rising=falls)
            return KeyPage(found[:size], earlier.exists(), len(found) > size)
    found = list(forward[: size + 1])
    return KeyPage(found[:size], False, len(found) > size)


def _beyond(
    rows: QuerySet[Row], field: str, row: Row, *, rising: bool, including: bool = False
) -> QuerySet[Row]:
    value: Any = getattr(row, field)
    way = "gt" if rising else "lt"
    key_way = f"{way}e" if including else way
    # The first condition is implied by the second; it bounds the range that the index reads.
    return rows.filter(**{f"{field}__{way}e": value}).filter(
        Q(**{f"{field}__{way}": value}) | Q(**{f"pk__{key_way}": row.pk})
    )
