"""Acts on an owner's password."""

from django.db import transaction

from calendars.accounts.owners import check_new_password
from calendars.kit.tokens import make_token
from calendars.models import Owner
from calendars.throttling.client_address import account_at
from calendars.throttling.throttle import count, forget


def change_password(*, owner: Owner, password: str, new_feed_address: bool = False) -> Owner:
    """Give the owner a new password, and their feed a new address if they want it and have one.

    Sessions end that name the old password. Raises ValidationError with the name of the field.
    """
    check_new_password(password, owner)
    owner.set_password(password)
    with transaction.atomic():
        owner.save(update_fields=["password"])
        if new_feed_address:
            # A query, because a feed that was turned off meanwhile stays off.
            feeds = Owner.objects.filter(pk=owner.pk).exclude(feed_token=None)
            feeds.update(feed_token=make_token())
    return owner


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
