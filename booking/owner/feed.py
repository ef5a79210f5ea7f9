"""An owner's bookings as a calendar to subscribe to (RFC 5545), by a secret address."""

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from booking.entries import owner_entry
from booking.ics import feed_ics
from booking.models import Booking
from calendars.kit.tokens import make_token
from calendars.models import Owner

PAST = timedelta(days=31)
# What a calendar program can hold and a server can write in one go.
MOST = 2000


def open_feed(*, owner: Owner) -> Owner:
    """Gives the feed an address, a new one if it had one: that one is dead at once."""
    owner.feed_token = make_token()
    owner.save(update_fields=["feed_token"])
    return owner


def close_feed(*, owner: Owner) -> Owner:
    owner.feed_token = None
    owner.save(update_fields=["feed_token"])
    return owner


def feed_url(owner: Owner) -> str:
    return settings.BASE_URL + reverse("booking:feed", args=[owner.feed_token])


def write_feed(owner: Owner, *, now: datetime) -> bytes:
    """The live bookings of the last month and of the future, in two queries.

    Of more than it holds, those furthest away are left out, the past ones first. Nothing in it
    depends on the present moment but which bookings there are, so that it has the same ETag until
    one changes.
    """
    bookings = Booking.objects.of(owner).live().select_related("calendar")
    coming = list(bookings.filter(starts_at__gt=now).order_by("starts_at", "pk")[:MOST])
    past = bookings.filter(starts_at__gt=now - PAST, starts_at__lte=now)
    latest = past.order_by("-starts_at", "-pk")[: MOST - len(coming)]
    name = _("Bookings of %(owner)s") % {"owner": owner.display_name}
    return feed_ics(name, [owner_entry(booking) for booking in (*reversed(latest), *coming)])
