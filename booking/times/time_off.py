"""An owner's time off. It takes the owner's row, as bookings do: what is offered changes."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from booking.models import Booking, TimeOff
from calendars.locks import lock_owner
from calendars.models import Owner
from calendars.schedule import Interval


def add_time_off(
    *, owner: Owner, starts_at: datetime, ends_at: datetime, note: str, now: datetime
) -> TimeOff:
    """From now on no calendar of `owner` offers that time; bookings in it stay."""
    with transaction.atomic():
        lock_owner(owner.pk)
        return TimeOff.objects.create(
            owner=owner, starts_at=starts_at, ends_at=ends_at, note=note, created_at=now
        )


def change_time_off(
    *, time_off: TimeOff, starts_at: datetime, ends_at: datetime, note: str
) -> TimeOff:
    """Raises TimeOff.DoesNotExist if it was removed meanwhile."""
    with transaction.atomic():
        lock_owner(time_off.owner_id)
        time_off = TimeOff.objects.get(pk=time_off.pk)
        time_off.starts_at, time_off.ends_at, time_off.note = starts_at, ends_at, note
        time_off.save(update_fields=["starts_at", "ends_at", "note"])
    return time_off


def remove_time_off(*, owner: Owner, pk: int) -> None:
    """Of what is gone already, nothing is left to remove."""
    with transaction.atomic():
        lock_owner(owner.pk)
        TimeOff.objects.of(owner).filter(pk=pk).delete()


def bookings_within(time_off: TimeOff) -> QuerySet[Booking]:
    """The live bookings that the time off came too late for."""
    interval = Interval(time_off.starts_at, time_off.ends_at)
    bookings = Booking.objects.live().filter(owner_id=time_off.owner_id)
    return bookings.filter(ends_at__gt=interval.start, starts_at__lt=interval.end)
