from datetime import datetime

from django.db import transaction

from booking.acts.announce import announce
from booking.acts.limits import ChangeRefused, Refusal, refuse_cancellation
from booking.models import Act, Booking, Change, Party
from calendars.kit.cleaning import clean_values
from calendars.locks import lock_hosts
from calendars.models import Occasion


def cancel_booking(
    *, booking: Booking, by: Party, now: datetime, sequence: int | None = None, message: str = ""
) -> Booking:
    """Cancel the booking, and return it. Its time is free again; its link stays Used.

    If `sequence` is given, it must still be the booking's: nobody has changed it since. The lock on
    the host's row keeps a reschedule from happening at the same time; and of two people who cancel
    at once, only one is told that they did it. Raises ChangeRefused or ValidationError.
    """
    words = clean_values(Change, {"message": message})
    with transaction.atomic(durable=True):
        lock_hosts([booking.host_id])
        booking = Booking.objects.select_related("calendar__owner").get(pk=booking.pk)
        if refusal := refuse_cancellation(booking, by=by, now=now):
            raise ChangeRefused(refusal, booking)
        if sequence is not None and booking.sequence != sequence:
            raise ChangeRefused(Refusal.OUTDATED, booking)
        booking.cancelled_at = now
        booking.sequence += 1
        booking.save(update_fields=["cancelled_at", "sequence"])
        Change.objects.create(
            booking=booking,
            act=Act.CANCELLED,
            by=by,
            at=now,
            sequence=booking.sequence,
            **words,
        )
        announce(booking, Occasion.CANCELLED, now=now)
    return booking
