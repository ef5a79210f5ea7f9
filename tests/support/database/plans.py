"""The plans that PostgreSQL makes for the queries of a page."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection

# Tables that grow without end.
GROWING = {"booking_booking", "booking_mail", "onetime_links_onetimelink"}
# An index of few rows: reading all of it costs little.
OF_FEW = {"mail_failed"}

Plan = dict[str, Any]


def that_look(statements: Iterable[str]) -> list[str]:
    """Return the statements that look for rows."""
    return [
        sql
        for sql in statements
        if sql.lstrip(" (").startswith(("SELECT", "UPDATE", "DELETE", "DECLARE"))
    ]


def explain(sql: str, *, run: bool = False) -> Plan:
    """Return the plan of the query; if it is run, with "Execution Time" in milliseconds."""
    options = "ANALYZE, FORMAT JSON" if run else "FORMAT JSON"
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ({options}) {sql.replace('%', '%%')}", [])
        [plan] = cursor.fetchone()[0]
    return dict(plan)


def explain_prepared() -> dict[str, Plan]:
    """Return the generic plans of this connection's prepared statements, by their SQL.

    PostgreSQL chooses such a plan, which ignores the values, for a statement that runs often: it
    then saves the time for planning.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, statement, cardinality(parameter_types) FROM pg_prepared_statements"
        )
        prepared = cursor.fetchall()
        cursor.execute("SET plan_cache_mode = force_generic_plan")
        plans = {}
        for name, statement, count in prepared:
            values = f"({', '.join(['NULL'] * count)})" if count else ""
            cursor.execute(f'EXPLAIN (FORMAT JSON) EXECUTE "{name}" {values}')
            [plans[statement]] = cursor.fetchone()[0]
        cursor.execute("RESET plan_cache_mode")
    return plans


def rows_read(plan: Plan) -> int:
    """Return the number of rows of growing tables that a run plan has read, useful or not."""
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in _nodes(plan["Plan"])
        if node.get("Relation Name") in GROWING
    )


def milliseconds(plan: Plan) -> float:
    return float(plan["Execution Time"] + plan["Planning Time"])


def read_through(plan: Plan) -> set[str]:
    """Return the growing tables that are read from end to end, or by a whole index."""
    return {
        str(node["Relation Name"])
        for node in _nodes(plan["Plan"])
        if node.get("Relation Name") in GROWING and _reads_all(node)
    }


def indexes(plan: Plan) -> set[str]:
    return {node["Index Name"] for node in _nodes(plan["Plan"]) if "Index Name" in node}


def _reads_all(node: Plan) -> bool:
    by_index = node["Node Type"] in {"Index Scan", "Index Only Scan"}
    of_all = by_index and "Index Cond" not in node and node["Index Name"] not in OF_FEW
    return node["Node Type"] == "Seq Scan" or of_all


def _nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)
