"""The acts that add, change and remove the time off of a host.

Each locks the host's row, as bookings do, because it changes which slots are offered. The values
are checked here: ValidationError has the names of the fields.
"""

from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from booking.models import Booking, TimeOff
from calendars.kit.cleaning import clean_values
from calendars.kit.search.renewal import renew
from calendars.locks import lock_hosts
from calendars.models import Owner
from calendars.schedule import Interval

LONGEST = timedelta(days=2 * 366)
YEARS_AHEAD = timedelta(days=5 * 366)


class TimeOffChanges(TypedDict, total=False):
    """What an owner changes of their time off at one time."""

    starts_at: datetime
    ends_at: datetime
    note: str


def add_time_off(
    *, host: Owner, starts_at: datetime, ends_at: datetime, note: str, now: datetime
) -> TimeOff:
    """Add time off: no calendar offers that time of `host` any more. Bookings in it stay."""
    facts = _checked(now, starts_at=starts_at, ends_at=ends_at, note=note)
    with transaction.atomic():
        lock_hosts([host.pk])
        return TimeOff.objects.create(host=host, created_at=now, **facts)


def change_time_off(
    *, time_off: TimeOff, now: datetime, **changes: Unpack[TimeOffChanges]
) -> TimeOff:
    """Change what is given, and return it. Raises TimeOff.DoesNotExist if it has been removed."""
    with transaction.atomic():
        lock_hosts([time_off.host_id])
        time_off = TimeOff.objects.get(pk=time_off.pk)
        stored = {name: getattr(time_off, name) for name in TimeOffChanges.__annotations__}
        facts = _checked(now, **{**stored, **changes})
        for name, value in facts.items():
            setattr(time_off, name, value)
        time_off.save(update_fields=facts)
        renew(time_off, changed=facts)
    return time_off


def remove_time_off(*, host: Owner, pk: int) -> None:
    """Remove the time off, if it is still there."""
    with transaction.atomic():
        lock_hosts([host.pk])
        TimeOff.objects.of(host).filter(pk=pk).delete()


def bookings_within(time_off: TimeOff) -> QuerySet[Booking]:
    """Return the live bookings in the time off, which was added too late to prevent them."""
    interval = Interval(time_off.starts_at, time_off.ends_at)
    bookings = Booking.objects.live().filter(host_id=time_off.host_id)
    return bookings.filter(ends_at__gt=interval.start, starts_at__lt=interval.end)


def validate_time_off(starts_at: datetime, ends_at: datetime, *, now: datetime) -> None:
    if ends_at <= starts_at:
        raise ValidationError({"ends_at": _("The end must come after the start.")})
    if ends_at <= now:
        raise ValidationError({"ends_at": _("This is over already.")})
    if ends_at - starts_at > LONGEST:
        raise ValidationError({"ends_at": _("At most two years at once.")})
    if starts_at - now > YEARS_AHEAD:
        raise ValidationError({"starts_at": _("At most five years ahead.")})


def _checked(now: datetime, **facts: Any) -> dict[str, Any]:
    cleaned = clean_values(TimeOff, facts)
    validate_time_off(cleaned["starts_at"], cleaned["ends_at"], now=now)
    return cleaned
