"""Access to the links of an owner's calendars, and to the requests for new links.

An address names a calendar and a link. A link of another calendar is not found by it, even if both
calendars are the owner's.
"""

from calendars.access import calendar_of
from calendars.models import Owner
from onetime_links.models import LinkRequest, OneTimeLink


def link_of(owner: Owner, slug: str, pk: int) -> OneTimeLink:
    """Return a link of the owner's calendar at `slug`, with its booking and that calendar set.

    Raises Calendar.DoesNotExist or OneTimeLink.DoesNotExist.
    """
    calendar = calendar_of(owner, slug)
    link = OneTimeLink.objects.select_related("booking").get(calendar=calendar, pk=pk)
    link.calendar = calendar
    return link


def request_of(owner: Owner, slug: str, pk: int) -> LinkRequest:
    """Return a request for a new link of the owner's calendar at `slug`, with that calendar set.

    Raises Calendar.DoesNotExist or LinkRequest.DoesNotExist.
    """
    calendar = calendar_of(owner, slug)
    asked = LinkRequest.objects.select_related("link").get(link__calendar=calendar, pk=pk)
    asked.link.calendar = calendar
    return asked
