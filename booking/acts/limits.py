"""The limits that owners set on what clients may do with their bookings."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from booking.models import Act, Booking, Party
from booking.times.slots import Rules
from calendars.kit.validators import validate_instant


class Refusal(models.TextChoices):
    """The reason why a booking stays as it is, in words for the person who wanted to change it."""

    CANCELLED = "cancelled", _("This booking was cancelled.")
    PAST = "past", _("This booking is over.")
    FORBIDDEN = "forbidden", _("This booking cannot be changed online.")
    TOO_LATE = "too_late", _("It is too late to change this booking online.")
    TOO_OFTEN = "too_often", _("This booking was moved as often as it may be.")
    CLOSED = "closed", _("No bookings are taken at the moment.")
    OUTDATED = "outdated", _("This booking was changed in the meantime.")


class ChangeRefused(Exception):
    """The booking stays as it is; `refusal` says why. Nothing was written.

    `booking` is as the transaction found it: it may have been changed since the caller read it.
    """

    def __init__(self, refusal: Refusal, booking: Booking) -> None:
        super().__init__(refusal)
        self.refusal = refusal
        self.booking = booking


def check_slot(slot: datetime, rules: Rules, *, now: datetime) -> None:
    """Refuse a time that is over: owners may ignore other rules, but not this one.

    Raises ValidationError.
    """
    try:
        validate_instant(slot)
        if slot + rules.duration <= now:
            raise ValidationError(_("This time is over already."))
    except ValidationError as error:
        raise ValidationError({"slot": error}) from None


@dataclass(frozen=True)
class Allowance:
    """What a client may do with their booking, and why they may not do the rest."""

    reschedule: Refusal | None
    cancel: Refusal | None
    # The last instant at which the client may do either.
    until: datetime
    moves: int
    most_moves: int | None


def find_allowance(booking: Booking, *, now: datetime) -> Allowance:
    """Return the client's allowance.

    Makes one query at most, and none if `booking.changes` are prefetched.
    """
    return Allowance(
        reschedule=refuse_reschedule(booking, by=Party.CLIENT, now=now),
        cancel=refuse_cancellation(booking, by=Party.CLIENT, now=now),
        until=last_chance(booking),
        moves=moves_of(booking),
        most_moves=booking.calendar.max_reschedules,
    )


def refuse_cancellation(booking: Booking, *, by: Party, now: datetime) -> Refusal | None:
    """Return why `by` may not cancel the booking at `now`, or None if they may."""
    if refusal := _over(booking, by, now):
        return refusal
    if by == Party.OWNER:
        return None
    return _limited(booking, allowed=booking.calendar.client_may_cancel, now=now)


def refuse_reschedule(booking: Booking, *, by: Party, now: datetime) -> Refusal | None:
    """Return why `by` may not move the booking at `now`, or None if they may. At most one query."""
    if refusal := _over(booking, by, now):
        return refusal
    if by == Party.OWNER:
        return None
    calendar = booking.calendar
    if refusal := _limited(booking, allowed=calendar.client_may_reschedule, now=now):
        return refusal
    if _is_moved_out(booking, calendar.max_reschedules):
        return Refusal.TOO_OFTEN
    if calendar.is_paused or calendar.is_deleted or not calendar.owner.is_active:
        return Refusal.CLOSED
    return None


def last_chance(booking: Booking) -> datetime:
    """Return the last instant at which the client may change the booking."""
    return booking.starts_at - timedelta(minutes=booking.calendar.change_notice_minutes)


def moves_of(booking: Booking) -> int:
    """Return how often the client has moved the booking."""
    if booking.sequence == 0:
        return 0
    return sum(
        change.act == Act.RESCHEDULED and change.by == Party.CLIENT
        for change in booking.changes.all()
    )


def _over(booking: Booking, by: Party, now: datetime) -> Refusal | None:
    """Return the refusal of a booking that was cancelled or is over, or None.

    For its client a booking is over as soon as it begins, for its owner when it ends.
    """
    if not booking.is_live:
        return Refusal.CANCELLED
    end = booking.starts_at if by == Party.CLIENT else booking.ends_at
    return Refusal.PAST if end <= now else None


def _limited(booking: Booking, *, allowed: bool, now: datetime) -> Refusal | None:
    if not allowed:
        return Refusal.FORBIDDEN
    return Refusal.TOO_LATE if last_chance(booking) < now else None


def _is_moved_out(booking: Booking, most: int | None) -> bool:
    # Every move raises the sequence, so a booking with a lower one needs no query.
    return most is not None and booking.sequence >= most and moves_of(booking) >= most
