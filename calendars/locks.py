from django.db.models import BigAutoField

from calendars.kit.prepared import Prepared, parameter
from calendars.models import Owner

# Not FOR UPDATE: that would also hold up every insert that merely refers to the owner.
OWNER = Prepared(
    lambda: Owner.objects.select_for_update(no_key=True).filter(pk=parameter("pk", BigAutoField()))
)


def lock_owner(owner_id: int) -> Owner:
    """Takes the owner's row until the transaction ends, and returns it as it is now.

    Whatever makes the owner's time scarcer or changes the rules by which it is sold comes through
    here first: it waits for all others, and reads its facts in later statements. On SQLite the
    transaction has locked the whole database already (`BEGIN IMMEDIATE`).
    """
    return OWNER.get(pk=owner_id)
