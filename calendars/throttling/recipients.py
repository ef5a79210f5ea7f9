"""Tells which mailbox an email goes to, for the limit on emails to one recipient."""

from calendars.kit.validators import to_ascii
from calendars.models import normalise_email


def mailbox_of(email: str) -> str:
    """Return what the addresses of one mailbox have in common.

    Many mail servers ignore what follows a "+", and some the dots, so with a new one for each email
    a stranger would escape the limit.
    """
    local, _, domain = normalise_email(to_ascii(email) or email).rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"
