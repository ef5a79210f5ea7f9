"""The nonce of a booking form: a form that is sent twice still makes one booking.

A nonce has at least 128 random bits, and is signed by the server for one calendar, link and slot.
The signature also takes the place of a CSRF cookie, which a browser would not send from inside a
frame on another site.
"""

from datetime import datetime

from django.core.signing import BadSignature, Signer
from django.utils.crypto import salted_hmac

from booking.uids import milliseconds
from calendars.kit.tokens import MAX_TOKEN_LENGTH, make_token
from calendars.models import Calendar
from onetime_links.models import OneTimeLink


def make_nonce(*, calendar: Calendar, link: OneTimeLink | None, slot: datetime) -> str:
    """Return a fresh nonce, signed."""
    # Nonces rise with time, for the same reason as uids (see `booking/uids.py`).
    return _signer(calendar, link, slot).sign(f"{milliseconds():x}{make_token()}")


def read_nonce(
    signed: str, *, calendar: Calendar, link: OneTimeLink | None, slot: datetime
) -> str | None:
    """Return the nonce in `signed`, or None if it is broken or was signed for something else."""
    try:
        return _signer(calendar, link, slot).unsign(signed)
    except BadSignature:
        return None


def _signer(calendar: Calendar, link: OneTimeLink | None, slot: datetime) -> Signer:
    bound_to = (calendar.pk, link.pk if link else "", int(slot.timestamp()))
    return Signer(salt=":".join(map(str, ("booking.nonce", *bound_to))))


def entry_nonce(token: str, *, calendar: Calendar, slot: datetime) -> str:
    """Return the nonce of a booking that an owner enters on a page that carries `token`.

    It depends on the calendar and the slot too: an owner who goes back and enters a second booking
    on the same page must not be led to the first.
    """
    bound_to = (calendar.owner_id, calendar.pk, int(slot.timestamp()), token)
    value = ":".join(map(str, bound_to))
    return salted_hmac("booking.entry", value, algorithm="sha256").hexdigest()[:MAX_TOKEN_LENGTH]
