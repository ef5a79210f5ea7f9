from datetime import datetime

from django.db import transaction

from booking.acts.limits import ChangeRefused, Refusal
from booking.models import Act, Booking, Change, Party
from calendars.locks import lock_hosts


class NotBegun(Exception):
    """The booking has not begun, so nobody can have missed it. Nothing was written."""


def mark_no_show(*, booking: Booking, no_show: bool, now: datetime) -> Booking:
    """Note that the client did not come, or take that back, and return the booking.

    To do so a second time changes nothing. Raises ChangeRefused if the booking was cancelled, and
    NotBegun.
    """
    with transaction.atomic():
        lock_hosts([booking.host_id])
        booking = Booking.objects.select_related("calendar").get(pk=booking.pk)
        if not booking.is_live:
            raise ChangeRefused(Refusal.CANCELLED, booking)
        if booking.is_no_show == no_show:
            return booking
        if no_show and booking.starts_at > now:
            raise NotBegun
        booking.no_show_at = now if no_show else None
        booking.save(update_fields=["no_show_at"])
        act = Act.NO_SHOW if no_show else Act.NO_SHOW_UNDONE
        Change.objects.create(booking=booking, act=act, by=Party.OWNER, at=now)
    return booking
