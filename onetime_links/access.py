"""The one way from a request to a link of its owner: anything else is 404."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from calendars.access import get_calendar
from onetime_links.models import LinkRequest, OneTimeLink


def get_link(request: HttpRequest, slug: str, pk: int) -> OneTimeLink:
    """The link of the signed-in owner's calendar, which is set on it; with its booking."""
    calendar = get_calendar(request, slug)
    links = OneTimeLink.objects.filter(calendar=calendar).select_related("booking")
    link = get_object_or_404(links, pk=pk)
    link.calendar = calendar
    return link


def get_link_request(request: HttpRequest, slug: str, pk: int) -> LinkRequest:
    """A request for a new link of the signed-in owner's calendar, which is set on it."""
    calendar = get_calendar(request, slug)
    requests = LinkRequest.objects.filter(link__calendar=calendar).select_related("link")
    asked = get_object_or_404(requests, pk=pk)
    asked.link.calendar = calendar
    return asked
