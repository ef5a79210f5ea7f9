import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

TRANSACTION_CONTROL = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE)


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """Yield a list that holds the block's SQL statements after it, without transaction control."""
    statements: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield statements
    statements += [
        query["sql"] for query in captured if not TRANSACTION_CONTROL.match(query["sql"])
    ]


def reads_of_the_booking(statements: Collection[str]) -> int:
    """Return how many of the statements fetch one booking, by its key or by its token."""
    by_key = re.compile(
        r'FROM "booking_booking" .*(?<!NOT \()"booking_booking"\."(id|manage_token)" = '
    )
    return sum(bool(by_key.search(sql)) for sql in statements)


@contextmanager
def at_most_queries(limit: int) -> Iterator[None]:
    with counted_queries() as statements:
        yield
    if len(statements) > limit:
        listing = "\n".join(f"{i}. {sql}" for i, sql in enumerate(statements, 1))
        raise AssertionError(f"{len(statements)} queries, at most {limit} allowed:\n{listing}")


def all_rows(*, but: Collection[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of the database by model, except those of the models in `but`."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model._meta.model_name not in but
    }
