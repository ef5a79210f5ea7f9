"""The booking transaction: the one place where a booking is made."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from booking.models import Booking
from booking.offers import load_offer
from calendars.locks import lock_owner
from calendars.models import Calendar
from onetime_links.links import lock_link
from onetime_links.models import OneTimeLink, Status


class SlotTaken(Exception):
    """The slot is not offered, or not any more. Nothing was written; a link is still Active."""


class LinkUnavailable(Exception):
    """The one-time link is not Active; `status` says what it is."""

    def __init__(self, status: Status) -> None:
        super().__init__(status)
        self.status = status


class CalendarUnavailable(Exception):
    """The calendar is paused or deleted, or its owner is inactive."""


@dataclass(frozen=True)
class Client:
    """The person who books, as they filled in the form."""

    name: str
    email: str
    time_zone: str
    language: str
    answers: list[dict[str, str]] = field(default_factory=list)


def book_slot(
    *,
    calendar: Calendar,
    link: OneTimeLink | None,
    slot: datetime,
    client: Client,
    nonce: str,
    now: datetime,
) -> Booking:
    """The booking of `slot` for `client`, made now or earlier with the same `nonce`.

    `now` is when the request arrived: it decides expiry and notice, so that a client who waited
    here for a lock is not late. Raises SlotTaken, LinkUnavailable or CalendarUnavailable, and then
    has written nothing.
    """
    with transaction.atomic(durable=True):
        # The owner's row before the link's, always: in the other order two bookings could wait for
        # each other. What is read by a locking statement may be stale when it returns (PostgreSQL
        # evaluates joins before it waits), so every fact below comes from a later statement.
        owner = lock_owner(calendar.owner_id)
        if link is not None:
            lock_link(link.pk)
        calendar, link, earlier = _facts(calendar, link, nonce)
        if earlier is not None:
            return earlier
        if link is not None and (status := link.status(at=now)) != Status.ACTIVE:
            raise LinkUnavailable(status)
        if not owner.is_active or calendar.is_paused or calendar.is_deleted:
            raise CalendarUnavailable
        calendar.owner = owner
        offer = load_offer(calendar, now=now, start=slot, end=slot)
        if not offer.offers(slot):
            raise SlotTaken
        blocked = offer.rules.blocked_interval(slot)
        return Booking.objects.create(
            owner=owner,
            calendar=calendar,
            one_time_link=link,
            starts_at=slot,
            ends_at=slot + offer.rules.duration,
            blocked_from=blocked.start,
            blocked_until=blocked.end,
            client_name=client.name,
            client_email=client.email,
            client_time_zone=client.time_zone,
            client_language=client.language,
            answers=client.answers,
            nonce=nonce,
            created_at=now,
        )


def _facts(
    calendar: Calendar, link: OneTimeLink | None, nonce: str
) -> tuple[Calendar, OneTimeLink | None, Booking | None]:
    """The calendar and the link as they are now, and the booking that `nonce` has made already.

    A nonce is bound to its link, so with a link only that link's booking can have it.
    """
    if link is None:
        calendar = Calendar.objects.get(pk=calendar.pk)
        return calendar, None, Booking.objects.filter(nonce=nonce).first()
    link = OneTimeLink.objects.select_related("calendar", "booking").get(pk=link.pk)
    earlier = link.booking if link.is_used and link.booking.nonce == nonce else None
    return link.calendar, link, earlier
