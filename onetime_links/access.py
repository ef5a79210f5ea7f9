"""The one way from a request to a link of its owner: anything else is 404."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from calendars.access import get_calendar
from onetime_links.models import OneTimeLink


def get_link(request: HttpRequest, slug: str, pk: int) -> OneTimeLink:
    """The link of the signed-in owner's calendar, which is set on it; with its booking."""
    calendar = get_calendar(request, slug)
    links = OneTimeLink.objects.filter(calendar=calendar).select_related("booking")
    link = get_object_or_404(links, pk=pk)
    link.calendar = calendar
    return link
