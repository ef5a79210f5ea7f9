"""The feed: an owner's bookings as a calendar to subscribe to (RFC 5545), at a secret address."""

from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from booking.entries import owner_entry
from booking.ics import feed_ics
from booking.models import Booking, BookingQuerySet
from calendars.kit.prepared import raw_rows
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


def version_of_feed(owner: Owner, *, now: datetime) -> str:
    """Return a text that differs whenever the feed differs. Two queries.

    It is a hash of all that the feed is made of: whole rows, not only what is shown of them, so
    that nothing shown can be forgotten. For 2,000 bookings it takes a twentieth of the time that
    the feed itself takes.
    """
    coming = raw_rows(_coming(owner, now=now))
    latest = raw_rows(_latest(owner, now=now, room=MOST - len(coming)))
    whose = [getattr(owner, field.attname) for field in owner._meta.concrete_fields]
    program = [settings.VERSION, settings.BASE_URL]
    facts = [program, whose, *reversed(latest), *coming]
    return sha256(repr(facts).encode()).hexdigest()[:32]


def write_feed(owner: Owner, *, now: datetime) -> bytes:
    """Return the live bookings of the last month and of the future as a calendar. Two queries.

    If there are too many, it leaves out past bookings first, and of each kind those furthest from
    now. The time of the request decides only which bookings are in it, so the version stays the
    same until one of them changes.
    """
    coming = list(_coming(owner, now=now))
    latest = list(_latest(owner, now=now, room=MOST - len(coming)))
    name = _("Bookings of %(owner)s") % {"owner": owner.display_name}
    return feed_ics(name, [owner_entry(booking) for booking in (*reversed(latest), *coming)])


def _coming(owner: Owner, *, now: datetime) -> BookingQuerySet:
    return _live(owner).filter(starts_at__gt=now).order_by("starts_at", "pk")[:MOST]


def _latest(owner: Owner, *, now: datetime, room: int) -> BookingQuerySet:
    past = _live(owner).filter(starts_at__gt=now - PAST, starts_at__lte=now)
    return past.order_by("-starts_at", "-pk")[:room]


def _live(owner: Owner) -> BookingQuerySet:
    return Booking.objects.of(owner).live().select_related("calendar")
