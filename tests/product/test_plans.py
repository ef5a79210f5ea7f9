"""The plans for tables that grow without end: PostgreSQL reads them by an index to the rows."""

import pytest
from django.db import connection
from django.utils import timezone

from onetime_links.note_index import NAME
from tests.benchmark.desks import Desks
from tests.benchmark.seed import BOOKED_AHEAD, MANY_LINKS_AT, Size, seed
from tests.benchmark.visits import all_that_is_done, book, links_of, send_mail
from tests.support.database import plans


@pytest.fixture
def desks(db: None) -> Desks:
    """Make PostgreSQL avoid full scans, as it does with large tables, and return desks."""
    if connection.vendor != "postgresql":
        pytest.skip("about PostgreSQL")
    now = timezone.now()
    seed(Size(100, busy=1000, links=2000), now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        for way in ("seqscan", "mergejoin", "hashjoin"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    return Desks("default", now=now)


def test_nobody_reads_through_what_grows(desks: Desks) -> None:
    done = dict(all_that_is_done(desks))
    explained = {
        (what, sql): plans.explain(sql)
        for what, statements in done.items()
        for sql in plans.that_look(statements)
    }
    prepared = plans.explain_prepared()
    through = {
        key: tables
        for key, plan in [*explained.items(), *prepared.items()]
        if (tables := plans.read_through(plan))
    }
    assert through == {}
    assert len(explained) > 200
    # They include the lock, the link, busy times, hours and overrides.
    assert len(prepared) > 8
    search = done[f"GET {links_of(MANY_LINKS_AT)}?show=all&q=000007"]
    [rows] = [sql for sql in search if "LIKE" in sql and "COUNT" not in sql]
    assert NAME in plans.indexes(plans.explain(rows))


def test_booking_reads_only_what_may_meet_its_slot(desks: Desks) -> None:
    """A booking does not read the thousand later bookings of its owner."""
    _what, statements = book(desks, BOOKED_AHEAD)
    plan_of = {sql: plans.explain(sql, run=True) for sql in plans.that_look(statements)}
    assert len(plan_of) > 3
    assert sum(map(plans.rows_read, plan_of.values())) <= 10


def test_look_into_the_outbox_ends_at_once(desks: Desks) -> None:
    """The outbox is read by an index, though PostgreSQL expects many waiting and past emails."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = on")
    book(desks, BOOKED_AHEAD)
    _what, statements = send_mail()
    looks = [plans.explain(sql) for sql in plans.that_look(statements)]
    assert len(looks) > 3
    assert set().union(*map(plans.read_through, looks)) == set()
