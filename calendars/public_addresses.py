"""Addresses as other people see them, from the one setting that knows the outside."""

from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from calendars.models import Calendar


def public_url(calendar: Calendar) -> str:
    return settings.BASE_URL + reverse("booking:public_page", args=[calendar.slug])


def embed_url(calendar: Calendar) -> str:
    return settings.BASE_URL + reverse("booking:embed_page", args=[calendar.slug])


def address_prefix() -> str:
    """What stands before a calendar's own part of its address, without the scheme."""
    before_slug = reverse("booking:public_page", args=["x"]).removesuffix("x/")
    return urlsplit(settings.BASE_URL).netloc + before_slug
