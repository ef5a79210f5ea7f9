from collections.abc import Iterable
from functools import lru_cache

from django.db.models import BigAutoField

from calendars.kit.prepared import Prepared, parameter
from calendars.models import Owner


def lock_hosts(ids: Iterable[int]) -> list[Owner]:
    """Lock the rows of these owners until the transaction ends, and return them as they are now.

    Every act that takes a host's time, or changes the rules by which it is booked, calls this
    first, and reads its facts in later statements: so such acts wait for each other, and each sees
    what the one before has done. On SQLite the transaction has locked the whole database already
    (`BEGIN IMMEDIATE`). Raises Owner.DoesNotExist if one is missing.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return []
    hosts = _locking(len(wanted)).all(**{f"host{n}": pk for n, pk in enumerate(wanted)})
    if len(hosts) != len(wanted):
        raise Owner.DoesNotExist
    return hosts


@lru_cache(maxsize=8)
def _locking(count: int) -> Prepared[Owner]:
    """Return the query that locks `count` owners.

    It locks them in the order of their ids, because two transactions that lock the same owners in
    different orders deadlock. It is FOR NO KEY UPDATE, because FOR UPDATE would also hold up every
    insert of a row that refers to an owner.
    """
    ids = [parameter(f"host{n}", BigAutoField()) for n in range(count)]
    return Prepared(
        lambda: Owner.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    )
