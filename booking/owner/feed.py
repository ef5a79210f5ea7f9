"""The feed: an owner's bookings as a calendar to subscribe to (RFC 5545), at a secret address."""

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
# The most bookings in a feed: calendar programs can hold them, and a server can write them at once.
MOST = 2000


def open_feed(*, owner: Owner) -> Owner:
    """Give the owner's feed a new address. The address before, if any, stops working at once."""
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
    """Return the live bookings of the last month and of the future as a calendar. Two queries.

    If there are too many, it leaves out past bookings first, and of each kind those furthest from
    now. The time of the request decides only which bookings are in it, so the ETag stays the same
    until one of them changes.
    """
    bookings = Booking.objects.of(owner).live().select_related("calendar")
    coming = list(bookings.filter(starts_at__gt=now).order_by("starts_at", "pk")[:MOST])
    past = bookings.filter(starts_at__gt=now - PAST, starts_at__lte=now)
    latest = past.order_by("-starts_at", "-pk")[: MOST - len(coming)]
    name = _("Bookings of %(owner)s") % {"owner": owner.display_name}
    return feed_ics(name, [owner_entry(booking) for booking in (*reversed(latest), *coming)])
