"""The act that erases a client in place: what happened stays on record, without the person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from booking.models import Booking, Change, Mail
from booking.privacy.held import Held, find_held, kept_emails_about, mentions_address
from booking.privacy.personal import blank
from calendars.locks import lock_hosts
from calendars.models import Owner
from calendars.outbox.mailbox import delete_kept
from onetime_links.models import LinkRequest, OneTimeLink


class ClientExpected(Exception):
    """Nothing was erased: upcoming bookings of the client must be cancelled first."""


class EmailInHand(Exception):
    """Nothing was erased: a worker is sending an email about one of the bookings right now."""


@dataclass(frozen=True)
class Amounts:
    """How much of each kind is, or was, erased."""

    bookings: int = 0
    messages: int = 0
    requests: int = 0
    kept_emails: int = 0
    waiting_mails: int = 0
    notes: int = 0

    @property
    def is_nothing(self) -> bool:
        return not (self.bookings or self.requests or self.notes)


def amounts_of(held: Held, *, with_notes: bool) -> Amounts:
    return Amounts(
        bookings=len(held.bookings),
        messages=len(held.messages),
        requests=len(held.requests),
        kept_emails=len(held.kept_emails),
        waiting_mails=len(held.waiting_mails),
        notes=len(held.noted_links) if with_notes else 0,
    )


def erase_client(*, email: str, owner: Owner | None, clear_notes: bool, now: datetime) -> Amounts:
    """Erase what is held of a client, on the owner's calendars or, for None, on everybody's.

    Raises ClientExpected or EmailInHand.
    """
    with transaction.atomic(durable=True):
        lock_hosts([owner.pk] if owner else _hosts_of(email))
        held = find_held(email, owner=owner)
        if held.upcoming(at=now):
            raise ClientExpected
        amounts = amounts_of(held, with_notes=clear_notes)
        if clear_notes:
            blank(held.noted_links, OneTimeLink)
        erase_requests(held.requests, now=now)
        erase_bookings(held.bookings, now=now)
    return amounts


def erase_bookings(bookings: list[Booking], *, now: datetime) -> None:
    """Erase the clients of bookings that are over or cancelled, whose hosts are locked.

    Each booking comes with its calendar, changes and emails. Raises EmailInHand.
    """
    _drop_mails(bookings, now=now)
    # The files go before the transaction ends: if it fails, the bookings are still found by their
    # address, and the erasure can be repeated.
    delete_kept(kept_emails_about(bookings))
    blank([each for row in bookings for each in row.changes.all() if each.message], Change)
    blank([each for row in bookings for each in row.mails.all() if each.error], Mail)
    blank(bookings, Booking, erased_at=now)


def erase_requests(requests: list[LinkRequest], *, now: datetime) -> None:
    """Erase requests, and dismiss open ones: nobody could be given the link."""
    blank(requests, LinkRequest)
    keys = [request.pk for request in requests]
    LinkRequest.objects.open().filter(pk__in=keys).update(dismissed_at=now)


def _drop_mails(bookings: Iterable[Booking], *, now: datetime) -> None:
    """Drop the emails that were not sent, failed ones too, so that none is sent again.

    An email that a worker has in hand cannot be called back, and its file would be written after
    the others are deleted.
    """
    mails = Mail.objects.filter(booking__in=bookings)
    # Waiting rows are dropped first: then no worker can take one between the check and the end.
    free = mails.exclude(lease__isnull=False, next_try_at__gt=now)
    free.waiting().update(dropped_at=now)
    if mails.waiting().exists():
        raise EmailInHand
    mails.failed().update(failed_at=None, dropped_at=now)


def _hosts_of(email: str) -> set[int]:
    bookings = Booking.objects.filter(mentions_address(email)).order_by()
    return set(bookings.values_list("host", flat=True))
