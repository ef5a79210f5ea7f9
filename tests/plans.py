"""What PostgreSQL does for the queries of a page."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.test import Client

from tests.queries import counted_queries

# Tables that grow without end.
GROWING = {"booking_booking", "onetime_links_onetimelink"}

Plan = dict[str, Any]


def queries_of(client: Client, path: str) -> list[str]:
    """The SELECTs of a page, with their values."""
    with counted_queries() as statements:
        response = client.get(path, headers={"Host": "127.0.0.1"})
    if response.status_code != 200:
        raise AssertionError(f"{path} was answered with {response.status_code}")
    return [sql for sql in statements if sql.lstrip(" (").startswith("SELECT")]


def explain(sql: str, *, run: bool = False) -> Plan:
    """How the query is to be done; if it is run, with "Execution Time" in milliseconds."""
    options = "ANALYZE, FORMAT JSON" if run else "FORMAT JSON"
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ({options}) {sql.replace('%', '%%')}", [])
        [plan] = cursor.fetchone()[0]
    return dict(plan)


def milliseconds(plan: Plan) -> float:
    return float(plan["Execution Time"] + plan["Planning Time"])


def read_through(plan: Plan) -> set[str]:
    """The growing tables that are read from end to end, or by all of an index."""
    return {
        str(node["Relation Name"])
        for node in _nodes(plan["Plan"])
        if node.get("Relation Name") in GROWING and _reads_all(node)
    }


def indexes(plan: Plan) -> set[str]:
    return {node["Index Name"] for node in _nodes(plan["Plan"]) if "Index Name" in node}


def _reads_all(node: Plan) -> bool:
    by_index = node["Node Type"] in {"Index Scan", "Index Only Scan"}
    return node["Node Type"] == "Seq Scan" or (by_index and "Index Cond" not in node)


def _nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)
