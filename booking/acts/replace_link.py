"""The act that makes a new one-time link for the client of a cancelled booking.

The link that they used stays Used.
"""

from datetime import datetime

from django.db import transaction

from booking.models import Booking
from calendars.locks import lock_hosts
from onetime_links.invitations import working_links
from onetime_links.links import renew_invitation
from onetime_links.models import OneTimeLink


class NothingToReplace(Exception):
    """The booking is not cancelled, came by no link, or its client or calendar is gone."""


def may_replace_link(booking: Booking) -> bool:
    return (
        not booking.is_live
        and booking.erased_at is None
        and booking.one_time_link_id is not None
        and not booking.calendar.is_deleted
    )


def find_replacement(booking: Booking, *, now: datetime) -> OneTimeLink | None:
    """Return the link that works in place of the used one, or None."""
    if booking.one_time_link is None or not may_replace_link(booking):
        return None
    return working_links(booking.one_time_link.pk, at=now).first()


def replace_link(*, booking: Booking, now: datetime) -> OneTimeLink:
    """Return the link that works in place of the used one, a new one if there is none.

    Raises NothingToReplace.
    """
    with transaction.atomic():
        lock_hosts([booking.host_id])
        facts = Booking.objects.select_related("calendar", "one_time_link__calendar")
        booking = facts.get(pk=booking.pk)
        if booking.one_time_link is None or not may_replace_link(booking):
            raise NothingToReplace
        return renew_invitation(link=booking.one_time_link, now=now)
