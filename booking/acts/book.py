"""The booking transaction: the one place where a booking is made, by a client or its owner."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists

from booking.acts.announce import announce
from booking.acts.limits import check_slot
from booking.models import Booking
from booking.questions import clean_answers
from booking.times.offers import load_offer
from booking.times.rules import rules_for
from booking.times.slots import Rules
from calendars.kit.cleaning import clean_values
from calendars.kit.fields import ERRORS
from calendars.kit.prepared import Insert
from calendars.locks import lock_hosts
from calendars.models import Calendar, Occasion
from onetime_links.links import lock_link_of_locked_owner
from onetime_links.models import OneTimeLink, Status

INSERT_BOOKINGS = Insert(Booking)


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
    answers: list[dict[str, str | bool]] = field(default_factory=list)

    def fields(self, questions: list[dict[str, Any]], *, by_owner: bool = False) -> dict[str, Any]:
        """Return what a booking keeps of the client, who was asked `questions`.

        An owner may leave out the email and the answers. Raises ValidationError with the names of
        the fields.
        """
        said = {
            "client_name": self.name,
            "client_email": self.email,
            "client_time_zone": self.time_zone,
            "client_language": self.language,
        }
        cleaned = clean_values(Booking, said)
        if not (cleaned["client_email"] or by_owner):
            raise ValidationError({"client_email": ERRORS["required"]})
        try:
            answers = clean_answers(questions, self.answers, may_skip=by_owner)
        except ValidationError as error:
            raise ValidationError({"answers": error}) from None
        return {**cleaned, "answers": answers}


def book_slot(
    *,
    calendar: Calendar,
    link: OneTimeLink | None,
    slot: datetime,
    client: Client,
    nonce: str,
    now: datetime,
) -> Booking:
    """Return the booking of `slot` for `client`, made now or earlier with the same `nonce`.

    `now` is the instant at which the request arrived: it decides expiry and notice, so that a
    client who waited here for a lock is not late. Raises SlotTaken, LinkUnavailable or
    CalendarUnavailable, and ValidationError for what the client typed; then nothing was written.
    """
    # The answers are checked before the calendar is read anew: they belong to the questions that
    # were asked, and the owner may have changed those since.
    person = client.fields(calendar.questions)
    with transaction.atomic(durable=True):
        # The host's row is always locked before the link's: in different orders, two bookings could
        # wait for each other. The facts that a lock guards are read by later statements. What the
        # locking statement itself reads may be stale, except for the row that it locks, because
        # PostgreSQL evaluates joins before it waits.
        [host] = lock_hosts(calendar.host_ids)
        calendar, link, earlier = _facts(calendar, link, nonce)
        if earlier is not None:
            return earlier
        if link is not None and (status := link.status(at=now)) != Status.ACTIVE:
            raise LinkUnavailable(status)
        if not host.is_active or calendar.is_paused or calendar.is_deleted:
            raise CalendarUnavailable
        calendar.owner = host
        offer = load_offer(calendar, now=now, start=slot, end=slot, link=link)
        if not offer.offers(slot):
            raise SlotTaken
        return _insert(
            calendar, slot, offer.rules, person, nonce=nonce, now=now, host=host, one_time_link=link
        )


def enter_booking(
    *, calendar: Calendar, slot: datetime, client: Client, nonce: str, now: datetime
) -> Booking:
    """Return the booking that the owner enters for a client, made now or earlier with `nonce`.

    It may ignore hours, notice, window, cap and a pause, but it must not overlap or be over.
    Raises SlotTaken, CalendarUnavailable for a deleted calendar, and ValidationError.
    """
    person = client.fields(calendar.questions, by_owner=True)
    check_slot(slot, rules_for(calendar), now=now)
    with transaction.atomic(durable=True):
        [host] = lock_hosts(calendar.host_ids)
        calendar, _, earlier = _facts(calendar, None, nonce)
        if earlier is not None:
            return earlier
        if calendar.is_deleted:
            raise CalendarUnavailable
        calendar.owner = host
        offer = load_offer(calendar, now=now, start=slot, end=slot)
        if not offer.has_room(slot):
            raise SlotTaken
        return _insert(
            calendar, slot, offer.rules, person, nonce=nonce, now=now, host=host, made_by_owner=True
        )


def _insert(
    calendar: Calendar,
    slot: datetime,
    rules: Rules,
    person: dict[str, Any],
    *,
    nonce: str,
    now: datetime,
    **origin: Any,
) -> Booking:
    """Write the booking and the emails that tell of it, and return the booking."""
    booking = Booking(
        calendar=calendar,
        **times_at(slot, rules),
        **person,
        nonce=nonce,
        created_at=now,
        **origin,
    )
    INSERT_BOOKINGS([booking])
    announce(booking, Occasion.BOOKED, now=now)
    return booking


def times_at(slot: datetime, rules: Rules) -> dict[str, datetime]:
    """Return the times of a booking at `slot`, which it keeps when the rules change later."""
    blocked = rules.blocked_interval(slot)
    return {
        "starts_at": slot,
        "ends_at": slot + rules.duration,
        "blocked_from": blocked.start,
        "blocked_until": blocked.end,
    }


def _facts(
    calendar: Calendar, link: OneTimeLink | None, nonce: str
) -> tuple[Calendar, OneTimeLink | None, Booking | None]:
    """Return calendar and link as they are now, and the booking that `nonce` has already made.

    A nonce is bound to its link, so with a link only that link's booking can have it.
    """
    if link is None:
        made = Booking.objects.filter(nonce=nonce)
        fresh = Calendar.objects.annotate(is_made=Exists(made)).get(pk=calendar.pk)
        return fresh, None, made.get() if fresh.is_made else None  # type: ignore[attr-defined]
    link = lock_link_of_locked_owner(link.pk)
    earlier = link.booking if link.is_used and link.booking.nonce == nonce else None
    return link.calendar, link, earlier
