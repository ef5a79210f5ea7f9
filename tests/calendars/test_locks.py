from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from calendars.locks import lock_hosts
from calendars.models import Owner
from onetime_links.links import lock_link, lock_link_of_locked_owner
from onetime_links.models import LinkRequest, OneTimeLink
from tests.support.database.another import another_connection
from tests.support.world.factories import (
    CalendarFactory,
    LinkRequestFactory,
    OneTimeLinkFactory,
    OwnerFactory,
    TimeOffFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("count", [1, 3])
def test_hosts_are_locked_by_one_statement_in_the_order_of_their_ids(count: int) -> None:
    hosts = OwnerFactory.create_batch(count)
    ids = [host.pk for host in hosts]
    OwnerFactory.create()  # who is not wanted is not locked
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        assert lock_hosts([*reversed(ids), ids[0]]) == hosts
    [sql] = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert 'ORDER BY "calendars_owner"."id" ASC' in sql
    assert ("FOR NO KEY UPDATE" in sql) == (connection.vendor == "postgresql")


def test_locked_hosts_are_as_they_are_now() -> None:
    host = OwnerFactory.create()
    Owner.objects.update(is_active=False)
    with transaction.atomic():
        [locked] = lock_hosts([host.pk])
    assert (host.is_active, locked.is_active) == (True, False)


def test_no_hosts_need_no_lock() -> None:
    assert lock_hosts([]) == []


def test_missing_host_is_not_taken_for_locked() -> None:
    host = OwnerFactory.create()
    with transaction.atomic(), pytest.raises(Owner.DoesNotExist):
        lock_hosts([host.pk, host.pk + 1])


def test_lock_outside_a_transaction_is_refused() -> None:
    host = OwnerFactory.create()
    with pytest.raises(RuntimeError, match="outside a transaction"):
        lock_hosts([host.pk])


@pytest.fixture
def impatient() -> Iterator[ThreadPoolExecutor]:
    if connection.vendor != "postgresql":
        pytest.skip("On SQLite a transaction that writes has locked the whole database.")
    with another_connection() as thread:
        yield thread


def test_rows_that_refer_to_a_locked_one_are_written_all_the_same(
    impatient: ThreadPoolExecutor,
) -> None:
    """A booking in progress holds up no new calendar, and no request for a new link."""
    link: OneTimeLink = OneTimeLinkFactory.create()
    owner, calendar = link.calendar.owner, link.calendar
    inserts: list[tuple[Any, dict[str, Any]]] = [
        (TimeOffFactory, {"host": owner}),
        (CalendarFactory, {"owner": owner}),
        (OneTimeLinkFactory, {"calendar": calendar, "replaces": link}),
        (LinkRequestFactory, {"link": link}),
    ]
    locks = [
        lambda: lock_hosts([owner.pk]),
        lambda: lock_link(link.pk),
        lambda: lock_link_of_locked_owner(link.pk),
    ]
    for lock in locks:
        with transaction.atomic():
            lock()
            for factory, facts in inserts:
                impatient.submit(factory.create, **facts).result()
            transaction.set_rollback(True)
        LinkRequest.objects.all().delete()


def test_change_of_a_locked_row_waits(impatient: ThreadPoolExecutor) -> None:
    owner = OwnerFactory.create()
    with transaction.atomic():
        lock_hosts([owner.pk])
        with pytest.raises(OperationalError, match="lock timeout"):
            impatient.submit(Owner.objects.update, is_active=False).result()
