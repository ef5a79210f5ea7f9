"""Absolute addresses of public pages, made from BASE_URL."""

from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from calendars.models import Calendar


def public_url(calendar: Calendar) -> str:
    return settings.BASE_URL + reverse("booking:public_page", args=[calendar.slug])


def icon_url() -> str:
    """Return the address of a square icon of 512 pixels, for previews in chats."""
    return f"{settings.BASE_URL}/apple-touch-icon.png"


def embed_url(calendar: Calendar) -> str:
    return settings.BASE_URL + reverse("booking:embed_page", args=[calendar.slug])


def embed_code(calendar: Calendar) -> str:
    """Return HTML for the owner's web site, with the calendar's name escaped."""
    return format_html(
        '<iframe src="{}" title="{}" width="100%" height="720" style="border:0" loading="lazy">'
        "</iframe>",
        embed_url(calendar),
        _("Book %(name)s") % {"name": calendar.name},
    )


def address_prefix() -> str:
    """Return the part of a public page's address before the slug, without the scheme."""
    before_slug = reverse("booking:public_page", args=["x"]).removesuffix("x/")
    return urlsplit(settings.BASE_URL).netloc + before_slug
