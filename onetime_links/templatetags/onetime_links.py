from collections.abc import Iterable, Mapping

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calendars.kit.counts import count_text
from calendars.models import Calendar
from onetime_links.counts import count_active_links, count_open_requests

register = template.Library()


@register.simple_tag
def active_link_counts(calendars: Iterable[Calendar]) -> dict[int, int]:
    """Return the number of Active links by the calendar's key, in one query for the page."""
    return count_active_links(calendars, at=timezone.now())


@register.filter
def active_links(counts: Mapping[int, int], calendar: Calendar) -> str:
    """Return a text such as "3 active links" from the result of `active_link_counts`."""
    count = counts.get(calendar.pk, 0)
    if count == 0:
        return _("no active links")
    words = ngettext("%(count)s active link", "%(count)s active links", count)
    return words % {"count": count_text(count)}


@register.simple_tag
def link_request_counts(calendars: Iterable[Calendar]) -> dict[int, int]:
    """Return the number of open requests by the calendar's key, in one query for the page."""
    return count_open_requests(calendars)


@register.filter
def link_requests(counts: Mapping[int, int], calendar: Calendar) -> str:
    """Return a text such as "2 requests" from the result of `link_request_counts`, or ""."""
    count = counts.get(calendar.pk, 0)
    if count == 0:
        return ""
    return ngettext("%(count)s request", "%(count)s requests", count) % {"count": count}
