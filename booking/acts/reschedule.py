"""The act that moves a booking: it frees the old time and takes the new one, or does neither."""

from datetime import datetime

from django.db import transaction

from booking.acts.announce import announce
from booking.acts.book import SlotTaken, times_at
from booking.acts.limits import ChangeRefused, Refusal, check_slot, refuse_reschedule
from booking.models import Act, Booking, Change, Party
from booking.times.offers import load_offer
from booking.times.rules import rules_for
from calendars.kit.cleaning import clean_values
from calendars.locks import lock_hosts
from calendars.models import Occasion


def reschedule_booking(
    *,
    booking: Booking,
    slot: datetime,
    by: Party,
    now: datetime,
    sequence: int | None = None,
    message: str = "",
    time_zone: str = "",
) -> Booking:
    """Move the booking to `slot`, and return it.

    It keeps its own length, and gets the calendar's present buffers. An owner may ignore hours,
    notice, window and cap, but the booking must not overlap. If `sequence` is given, it must still
    be the booking's: nobody has changed it since. But a booking that is at `slot` already is
    returned as it is, so that a move may be sent again if its answer was lost. `time_zone` is the
    client's, if they chose `slot` in another zone than before. Raises ChangeRefused, SlotTaken or
    ValidationError; then nothing was written.
    """
    if by == Party.OWNER:
        check_slot(slot, rules_for(booking.calendar, booking=booking), now=now)
    message = clean_values(Change, {"message": message})["message"]
    if time_zone:
        time_zone = clean_values(Booking, {"client_time_zone": time_zone})["client_time_zone"]
    with transaction.atomic(durable=True):
        [host] = lock_hosts([booking.host_id])
        booking = Booking.objects.select_related("calendar").get(pk=booking.pk)
        booking.calendar.owner = host
        if booking.is_live and booking.starts_at == slot:
            return booking
        if refusal := refuse_reschedule(booking, by=by, now=now):
            raise ChangeRefused(refusal, booking)
        if sequence is not None and booking.sequence != sequence:
            raise ChangeRefused(Refusal.OUTDATED, booking)
        offer = load_offer(booking.calendar, now=now, start=slot, end=slot, moving=booking)
        free = offer.offers(slot) if by == Party.CLIENT else offer.has_room(slot)
        if not free:
            raise SlotTaken
        _move(booking, times_at(slot, offer.rules), by=by, now=now, message=message, zone=time_zone)
        announce(booking, Occasion.RESCHEDULED, now=now)
    return booking


def _move(
    booking: Booking,
    times: dict[str, datetime],
    *,
    by: Party,
    now: datetime,
    message: str,
    zone: str,
) -> None:
    """Write the booking's new times, and the change that says who moved it from when to when."""
    change = Change(
        booking=booking,
        act=Act.RESCHEDULED,
        by=by,
        at=now,
        sequence=booking.sequence + 1,
        moved_from=booking.starts_at,
        moved_to=times["starts_at"],
        message=message,
    )
    facts = {
        **times,
        "client_time_zone": zone or booking.client_time_zone,
        "sequence": change.sequence,
        # A client who missed the old time may come at the new one.
        "no_show_at": None,
    }
    for name, value in facts.items():
        setattr(booking, name, value)
    booking.save(update_fields=facts)
    change.save()
