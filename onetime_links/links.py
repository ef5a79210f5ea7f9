"""What changes a one-time link. Its use is no change of it: a booking points at the link.

Note and expiry are checked here, and refused by ValidationError with the names of the fields.
"""

from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from django.db import connection, transaction
from django.db.models import BigAutoField

from calendars.kit.cleaning import clean_values
from calendars.kit.prepared import Prepared, parameter
from calendars.models import Calendar
from onetime_links.models import OneTimeLink, Status

UNDO_WINDOW = timedelta(minutes=2)
EXPIRY_FIXED = frozenset({Status.USED, Status.REVOKED})


class LinkChanges(TypedDict, total=False):
    note: str
    expires_at: datetime | None


class LinkNotActive(Exception):
    """Only an Active link can be revoked; `status` says what this one is."""

    def __init__(self, status: Status) -> None:
        super().__init__(status)
        self.status = status


class UndoTooLate(Exception):
    """The link was revoked more than two minutes ago."""


class ExpiryFixed(Exception):
    """A used or revoked link keeps its expiry: a later one must not bring it back to life."""


class ExpiryPassed(Exception):
    """A link must expire in the future."""


def generate_link(
    *,
    calendar: Calendar,
    now: datetime,
    note: str = "",
    expires_at: datetime | None = None,
    replaces: OneTimeLink | None = None,
) -> OneTimeLink:
    """A new, Active link; `replaces` is the one in whose place it is sent. Raises ExpiryPassed."""
    facts = clean_values(OneTimeLink, {"note": note, "expires_at": expires_at})
    if expires_at is not None and expires_at <= now:
        raise ExpiryPassed
    return OneTimeLink.objects.create(calendar=calendar, created_at=now, replaces=replaces, **facts)


def revoke_link(*, link: OneTimeLink, now: datetime) -> OneTimeLink:
    """Kills an Active link at once. Raises LinkNotActive."""
    with transaction.atomic():
        link = _lock_and_read(link)
        if (status := link.status(at=now)) != Status.ACTIVE:
            raise LinkNotActive(status)
        link.revoked_at = now
        link.save(update_fields=["revoked_at"])
    return link


def undo_revoke(*, link: OneTimeLink, now: datetime) -> OneTimeLink:
    """Takes a revocation back; the other facts then decide the status. Raises UndoTooLate.

    A link that is not revoked stays as it is: the undo was sent twice.
    """
    with transaction.atomic():
        link = _lock_and_read(link)
        if link.revoked_at is None:
            return link
        if now > link.revoked_at + UNDO_WINDOW:
            raise UndoTooLate
        link.revoked_at = None
        link.save(update_fields=["revoked_at"])
    return link


def edit_link(*, link: OneTimeLink, now: datetime, **changes: Unpack[LinkChanges]) -> OneTimeLink:
    """Changes the note, and the expiry of an Active or Expired link. What is not given stays.

    An expiry that stays as it is may have passed. Raises ExpiryFixed or ExpiryPassed.
    """
    cleaned = clean_values(OneTimeLink, changes)
    with transaction.atomic():
        link = _lock_and_read(link)
        expires_at = cleaned.get("expires_at", link.expires_at)
        if expires_at != link.expires_at:
            if link.status(at=now) in EXPIRY_FIXED:
                raise ExpiryFixed
            if expires_at is not None and expires_at <= now:
                raise ExpiryPassed
        link.note, link.expires_at = cleaned.get("note", link.note), expires_at
        link.save(update_fields=cleaned)
    return link


def lock_link(pk: int) -> None:
    """Takes the link's row until the transaction ends.

    Returns nothing on purpose: on PostgreSQL a status read by the locking statement is stale when
    it had to wait. Read the link in the next statement.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A lock outside a transaction is gone at once.")
    OneTimeLink.objects.select_for_update(no_key=True).values_list("pk").get(pk=pk)


LINK = Prepared(
    lambda: (
        OneTimeLink.objects.select_related("calendar", "booking")
        .select_for_update(of=("self",), no_key=True)
        .filter(pk=parameter("pk", BigAutoField()))
    )
)


def lock_link_of_locked_owner(pk: int) -> OneTimeLink:
    """Takes the link's row until the transaction ends, and returns it as it is now.

    Only for a transaction that took the owner's row in an earlier statement. Then calendar and
    booking cannot change any more, and this statement sees them as they are. What may still change
    while it waits is a revocation or an edit: that stands in the link's own row, and PostgreSQL
    reads the row that it waited for anew.
    """
    return LINK.get(pk=pk)


def _lock_and_read(link: OneTimeLink) -> OneTimeLink:
    lock_link(link.pk)
    return OneTimeLink.objects.select_related("calendar", "booking").get(pk=link.pk)
