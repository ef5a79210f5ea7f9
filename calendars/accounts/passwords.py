"""Acts on an owner's password."""

from calendars.models import Owner
from calendars.throttling.client_address import account_at
from calendars.throttling.throttle import count, forget


def guess_password(*, owner: Owner, password: str, address: str) -> bool:
    """Return whether this is the owner's password, typed on a page of their own.

    Guesses count together with those at sign-in: whoever finds a screen unlocked, or has stolen a
    session, must not have more of them. `address` is the network that the request comes from.
    Raises TooOften. Call it outside of transactions, as `count`.
    """
    account = {"sign_ins": account_at(owner.email, address)}
    count(**account, sign_ins_per_address=address)
    if not owner.check_password(password):
        return False
    forget(**account)
    return True
