import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from calendars.locks import lock_hosts
from calendars.models import Owner
from tests.support.world.factories import OwnerFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("count", [1, 3])
def test_hosts_are_locked_by_one_statement_in_the_order_of_their_ids(count: int) -> None:
    hosts = OwnerFactory.create_batch(count)
    ids = [host.pk for host in hosts]
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
