"""How PostgreSQL reads what grows without end: by an index that leads to the rows."""

from collections.abc import Sequence

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from calendars.models import Owner
from onetime_links.note_index import NAME
from tests import plans
from tests.benchmark.seed import BUSY, LISTER, MANY_LINKS_AT, Size, active_link, seed, slug_of

LINKS = f"/calendars/{slug_of(MANY_LINKS_AT)}/one-time-links/"
SHOWS = ("current", "expired", "revoked", "all")
PAGES = {
    BUSY: [
        *(f"/book/{slug_of(BUSY)}/", f"/l/{active_link(BUSY)}/", "/calendars/"),
        *(f"/bookings/?{query}" for query in ("", "show=past", "show=cancelled", "q=nobody")),
    ],
    LISTER: [f"{LINKS}?show={show}&q={text}" for show in SHOWS for text in ("", "company")],
}


@pytest.fixture
def large(db: None) -> None:
    """As if tables were so large that reading all of one is the last thing to do."""
    if connection.vendor != "postgresql":
        pytest.skip("about PostgreSQL")
    seed(Size(1000, busy=1000, links=4000), now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        for way in ("seqscan", "mergejoin", "hashjoin"):
            cursor.execute(f"SET LOCAL enable_{way} = off")


def queries_of(owner: int, paths: Sequence[str]) -> list[str]:
    client = Client()
    client.force_login(Owner.objects.get(pk=owner))
    return [sql for path in paths for sql in plans.queries_of(client, path)]


@pytest.mark.usefixtures("large")
def test_no_page_reads_through_what_grows() -> None:
    queries = [sql for owner, paths in PAGES.items() for sql in queries_of(owner, paths)]
    through = {sql: tables for sql in queries if (tables := plans.read_through(plans.explain(sql)))}
    assert len(queries) > 50
    assert through == {}
    searches = queries_of(LISTER, [f"{LINKS}?show=all&q=000007"])
    [rows] = [sql for sql in searches if "LIKE" in sql and "COUNT" not in sql]
    assert NAME in plans.indexes(plans.explain(rows))
