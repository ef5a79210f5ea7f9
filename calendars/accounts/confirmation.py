"""Acts by which owners confirm that an email address is theirs.

Until then nothing is sent in the name of who signed up: they may have typed anybody's address, and
could write to anybody under any name. An address to which an email is changed is confirmed before
it takes the place of the old one.
"""

from datetime import datetime, timedelta

from django.core.signing import BadSignature, TimestampSigner
from django.db import IntegrityError, transaction

from calendars.errors import EmailTaken
from calendars.kit.search.renewal import renew
from calendars.locks import lock_hosts
from calendars.models import Confirmation, Owner

LIFE = timedelta(days=3)
# A token is what the signer appends. The owner is known from their session: so nobody confirms the
# account of a stranger who signed up with their address.
SIGNER = TimestampSigner(sep=".", salt="calendars.confirmation")


class NothingToConfirm(Exception):
    """The token is too old or of another owner or address, or there is no address to confirm."""


def make_confirmation_token(owner: Owner) -> str:
    text = _signed_text(owner, owner.unconfirmed_email)
    return SIGNER.sign(text).removeprefix(f"{text}.")


def is_confirmation_token(owner: Owner, token: str) -> bool:
    """Return whether the token was sent to the address that the owner is to confirm."""
    return bool(owner.unconfirmed_email) and _is_token(owner, owner.unconfirmed_email, token)


def is_confirmed_by(owner: Owner, token: str) -> bool:
    """Return whether the owner has confirmed their email by this token, or by another one to it."""
    return not owner.unconfirmed_email and _is_token(owner, owner.email, token)


def _is_token(owner: Owner, email: str, token: str) -> bool:
    try:
        SIGNER.unsign(f"{_signed_text(owner, email)}.{token}", max_age=LIFE)
    except BadSignature:
        return False
    return True


def ask_to_confirm(owner: Owner, *, now: datetime) -> None:
    """Write an email that asks the owner to confirm a new address, in place of one that waits.

    It belongs into the transaction that sets the address.
    """
    owner.confirmations.waiting().update(dropped_at=now)
    Confirmation.objects.create(owner=owner, due_at=now, next_try_at=now)


def ask_again(*, owner: Owner, now: datetime) -> None:
    """Send the link again, unless one still waits to be sent. Raises NothingToConfirm."""
    with transaction.atomic():
        [owner] = lock_hosts([owner.pk])
        if not owner.unconfirmed_email:
            raise NothingToConfirm
        if not owner.confirmations.waiting().exists():
            ask_to_confirm(owner, now=now)


def confirm_email(*, owner: Owner, token: str) -> Owner:
    """Make the address to which the token was sent the owner's email, and return the owner.

    A second time changes nothing. Raises NothingToConfirm, and EmailTaken if another owner has got
    the address meanwhile.
    """
    with transaction.atomic():
        [owner] = lock_hosts([owner.pk])
        if is_confirmed_by(owner, token):
            return owner
        if not is_confirmation_token(owner, token):
            raise NothingToConfirm
        owner.email, owner.unconfirmed_email = owner.unconfirmed_email, ""
        try:
            with transaction.atomic():
                owner.save(update_fields=["email", "unconfirmed_email"])
                renew(owner, changed={"email"})
        except IntegrityError:
            raise EmailTaken from None
    return owner


def keep_email(*, owner: Owner) -> None:
    """Forget the address to which the email was to be changed. One to be confirmed first stays."""
    with transaction.atomic():
        [owner] = lock_hosts([owner.pk])
        if owner.is_confirmed:
            owner.unconfirmed_email = ""
            owner.save(update_fields=["unconfirmed_email"])


def _signed_text(owner: Owner, email: str) -> str:
    return f"{owner.pk}.{email}"
