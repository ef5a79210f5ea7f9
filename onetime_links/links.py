"""Acts on one-time links. Using a link does not change it: the booking points at the link.

The acts check note and expiry, and raise ValidationError with the names of the fields.
"""

from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from django.db import connection, transaction
from django.db.models import BigAutoField
from django.utils.translation import gettext as _

from calendars.kit.cleaning import clean_values
from calendars.kit.prepared import Prepared, parameter
from calendars.kit.search.renewal import renew
from calendars.locks import lock_hosts
from calendars.models import Calendar
from onetime_links.invitations import invitation_of, working_links
from onetime_links.models import LinkRequest, OneTimeLink, Status

UNDO_WINDOW = timedelta(minutes=2)
EXPIRY_FIXED = frozenset({Status.USED, Status.REVOKED})


class LinkChanges(TypedDict, total=False):
    note: str
    expires_at: datetime | None


class LinkNotActive(Exception):
    """Only an Active link can be revoked; `status` is that of the refused one."""

    def __init__(self, status: Status) -> None:
        super().__init__(status)
        self.status = status


class UndoTooLate(Exception):
    """The link was revoked more than two minutes ago."""


class ExpiryFixed(Exception):
    """A used or revoked link keeps its expiry: a later one must not make it active again."""


class ExpiryPassed(Exception):
    """A link must expire in the future."""


class OtherLinkWorks(Exception):
    """`link` must not work again while `working` does, another link of its invitation."""

    def __init__(self, link: OneTimeLink, working: OneTimeLink) -> None:
        super().__init__(link, working)
        self.link, self.working = link, working

    @property
    def reason(self) -> str:
        """Return what the owner has to know and do."""
        if self.working.created_at < self.link.created_at:
            text = _("An earlier link works again: %(address)s. Revoke that one first.")
        else:
            text = _("A new link was sent and still works: %(address)s. Revoke that one first.")
        return text % {"address": self.working.short_address}


def generate_link(
    *,
    calendar: Calendar,
    now: datetime,
    note: str = "",
    expires_at: datetime | None = None,
) -> OneTimeLink:
    """Create an Active link, the first one of an invitation. Raises ExpiryPassed."""
    facts = clean_values(OneTimeLink, {"note": note, "expires_at": expires_at})
    if expires_at is not None and expires_at <= now:
        raise ExpiryPassed
    return OneTimeLink.objects.create(calendar=calendar, created_at=now, **facts)


def renew_invitation(*, link: OneTimeLink, now: datetime) -> OneTimeLink:
    """Return the link that works in place of `link`, a new one with its note if there is none.

    All requests of the invitation are answered by it. The transaction must have locked the hosts.
    """
    working = working_links(link.pk, at=now).first() or OneTimeLink.objects.create(
        calendar=link.calendar, note=link.note, created_at=now, replaces=link
    )
    waiting = LinkRequest.objects.open().filter(link__in=invitation_of(link.pk))
    waiting.update(answer=working, answered_at=now)
    return working


def revoke_link(*, link: OneTimeLink, now: datetime) -> OneTimeLink:
    """Revoke an Active link. Raises LinkNotActive."""
    with transaction.atomic():
        link = _lock_and_read(link)
        if (status := link.status(at=now)) != Status.ACTIVE:
            raise LinkNotActive(status)
        link.revoked_at = now
        link.save(update_fields=["revoked_at"])
    return link


def can_undo(revoked_at: datetime, *, now: datetime) -> bool:
    """Return whether the revocation was at most UNDO_WINDOW ago.

    One that seems to be still to come is of a clock that was set back since. It can be undone if
    that was by no more than the window: otherwise Undo would live until the clock gets there again.
    """
    return abs(now - revoked_at) <= UNDO_WINDOW


def undo_revoke(*, link: OneTimeLink, now: datetime) -> OneTimeLink:
    """Take a revocation back; the other facts then decide the status.

    A link that is not revoked stays as it is: the undo may have been sent twice. Raises UndoTooLate
    or OtherLinkWorks.
    """
    with transaction.atomic():
        lock_hosts(link.calendar.host_ids)
        link = _lock_and_read(link)
        if link.revoked_at is None:
            return link
        if not can_undo(link.revoked_at, now=now):
            raise UndoTooLate
        link.revoked_at = None
        if link.status(at=now) == Status.ACTIVE:
            _let_work(link, now=now)
        link.save(update_fields=["revoked_at"])
    return link


def edit_link(*, link: OneTimeLink, now: datetime, **changes: Unpack[LinkChanges]) -> OneTimeLink:
    """Change the given ones of the note and, of an Active or Expired link, the expiry.

    An expiry that is given unchanged may have passed. Raises ExpiryFixed, ExpiryPassed or
    OtherLinkWorks.
    """
    cleaned = clean_values(OneTimeLink, changes)
    with transaction.atomic():
        lock_hosts(link.calendar.host_ids)
        link = _lock_and_read(link)
        before = link.expires_at
        link.note = cleaned.get("note", link.note)
        link.expires_at = cleaned.get("expires_at", before)
        if link.expires_at != before:
            if link.status(at=now) in EXPIRY_FIXED:
                raise ExpiryFixed
            if link.expires_at is not None and link.expires_at <= now:
                raise ExpiryPassed
            if link.expires_at is None or (before is not None and link.expires_at > before):
                _let_work(link, now=now)
        link.save(update_fields=cleaned)
        renew(link, changed=cleaned)
    return link


def check_invitation(link: OneTimeLink, *, now: datetime) -> None:
    """Raise OtherLinkWorks if another link of the invitation works."""
    if working := working_links(link.pk, at=now).exclude(pk=link.pk).first():
        raise OtherLinkWorks(link, working)


def lock_link(pk: int) -> None:
    """Lock the link's row until the transaction ends.

    Read the link in the next statement. This one returns nothing, because on PostgreSQL a status
    that is read by the locking statement is stale if it had to wait.
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
    """Lock the link's row until the transaction ends, and return it as it is now.

    The transaction must have locked the owner's row in an earlier statement. Then the calendar and
    the booking cannot change any more, and this statement sees them as they are. While it waits,
    the link may still be revoked or edited, but that changes the link's own row, and PostgreSQL
    reads a row again after waiting for its lock.
    """
    return LINK.get(pk=pk)


def _lock_and_read(link: OneTimeLink) -> OneTimeLink:
    lock_link(link.pk)
    return OneTimeLink.objects.select_related("calendar", "booking").get(pk=link.pk)


def _let_work(link: OneTimeLink, *, now: datetime) -> None:
    """Check that no other link of the invitation works, and answer whoever asked about this one.

    Raises OtherLinkWorks.
    """
    check_invitation(link, now=now)
    link.requests.open().update(answer=link, answered_at=now)
