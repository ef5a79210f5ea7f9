"""Where a booking is found, by its client and by its owner."""

from django.conf import settings
from django.urls import reverse

from booking.models import Booking
from onetime_links.listing import LinkListState


def link_path(booking: Booking) -> str:
    """Where the owner finds the one-time link that it came by; empty if there is none."""
    link, calendar = booking.one_time_link, booking.calendar
    if link is None or calendar.is_deleted:
        return ""
    return f"{LinkListState(start=link.pk).url(calendar)}#link-{link.pk}"


def manage_url(booking: Booking) -> str:
    return f"{settings.BASE_URL}{booking.get_absolute_url()}"


def owner_url(booking: Booking) -> str:
    return settings.BASE_URL + reverse("booking:booking", args=[booking.pk])
