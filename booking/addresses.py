"""The addresses of a booking: the client's, the owner's, and that of its link."""

from django.conf import settings
from django.urls import reverse

from booking.models import Booking
from onetime_links.listing import LinkListState


def link_path(booking: Booking) -> str:
    """Return the path to the booking's one-time link in the owner's list, empty if it has none."""
    link, calendar = booking.one_time_link, booking.calendar
    if link is None or calendar.is_deleted:
        return ""
    return f"{LinkListState(start=link.pk).url(calendar)}#link-{link.pk}"


def manage_url(booking: Booking) -> str:
    return f"{settings.BASE_URL}{booking.get_absolute_url()}"


def owner_url(booking: Booking) -> str:
    return settings.BASE_URL + reverse("booking:booking", args=[booking.pk])
