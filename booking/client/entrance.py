"""The entrances to a booking page: its public address, a frame on a site, and one-time links."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import CharField
from django.http import Http404
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from booking.access import find_booking
from booking.models import Booking
from calendars.access import find_or_404
from calendars.kit.prepared import Prepared, parameter
from calendars.models import Calendar, CalendarQuerySet
from calendars.public_addresses import icon_url, public_url
from onetime_links.models import OneTimeLink, Status


@dataclass(frozen=True)
class Entrance:
    """An entrance to a calendar's booking page: its public address, or `link` if there is one."""

    calendar: Calendar
    link: OneTimeLink | None = None
    embedded: bool = False

    @cached_property
    def page_url(self) -> str:
        if self.link:
            return reverse("booking:one_time_page", args=[self.link.token])
        return reverse(f"booking:{self._name}_page", args=[self.calendar.slug])

    @property
    def bookings_url(self) -> str:
        """Return the address to which the booking form is sent."""
        if self.link:
            return reverse("booking:one_time_bookings", args=[self.link.token])
        return reverse(f"booking:{self._name}_bookings", args=[self.calendar.slug])

    def booking_url(self, booking: Booking) -> str:
        """Return the address where the client sees the booking that they just made."""
        if self.embedded:
            return reverse("booking:embed_booking", args=[self.calendar.slug, booking.manage_token])
        return booking.get_absolute_url()

    @cached_property
    def canonical_url(self) -> str:
        """Return the address that search engines list and previews name.

        It is empty for a one-time link, which they must not make known.
        """
        return "" if self.link else public_url(self.calendar)

    @property
    def preview_image_url(self) -> str:
        return icon_url()

    @cached_property
    def preview_text(self) -> str:
        """Return one or two lines that say what the page is for."""
        if description := self.calendar.description:
            return Truncator(description).chars(150)
        return _("Choose a time with %(owner)s.") % {"owner": self.calendar.owner.display_name}

    def link_status(self, *, at: datetime) -> Status:
        return self.link.status(at=at) if self.link else Status.ACTIVE

    @property
    def takes_bookings(self) -> bool:
        return not self.calendar.is_paused and self.calendar.owner.is_active

    @property
    def takes_requests(self) -> bool:
        """Return whether the client came by a link, and its owner could make a new one."""
        return bool(self.link) and not self.calendar.is_deleted and self.calendar.owner.is_active

    @property
    def requests_url(self) -> str:
        """Return the address to which a request for a new link is sent, empty without a link."""
        return reverse("booking:one_time_requests", args=[self.link.token]) if self.link else ""

    @property
    def _name(self) -> str:
        return "embed" if self.embedded else "public"


def _calendars() -> CalendarQuerySet:
    return Calendar.objects.existing().select_related("owner")


CALENDAR = Prepared(lambda: _calendars().filter(slug=parameter("slug", CharField())))


LINK = Prepared(
    lambda: OneTimeLink.objects.select_related("calendar__owner", "booking").filter(
        token=parameter("token", CharField())
    )
)


def find_public_entrance(slug: str, *, embedded: bool = False) -> Entrance:
    """Return the entrance to the public page of the calendar that has or had the address `slug`.

    `slug` may have capitals: people type addresses, and phones begin them with one. Raises Http404.
    """
    slug = slug.lower()
    calendar = CALENDAR.first(slug=slug) or _calendars().filter(addresses__slug=slug).first()
    if calendar is None:
        raise Http404
    return Entrance(calendar, embedded=embedded)


def find_one_time_entrance(token: str) -> Entrance:
    link = LINK.first(token=token)
    if link is None:
        raise Http404
    return Entrance(link.calendar, link)


def find_embedded_booking(slug: str, manage_token: str) -> Booking:
    """Return the booking, if it may be shown in a frame of this calendar's embedded page.

    A booking of another calendar or by a one-time link may not. Raises Http404.
    """
    booking = find_or_404(find_booking, manage_token)
    if booking.calendar.slug != slug or booking.one_time_link_id:
        raise Http404
    return booking
