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
    """How many Active links each calendar has, by its key: one query for the whole page."""
    return count_active_links(calendars, at=timezone.now())


@register.filter
def active_links(counts: Mapping[int, int], calendar: Calendar) -> str:
    """Such as "3 active links", of what `active_link_counts` counted."""
    count = counts.get(calendar.pk, 0)
    if count == 0:
        return _("no active links")
    words = ngettext("%(count)s active link", "%(count)s active links", count)
    return words % {"count": count_text(count)}


@register.simple_tag
def link_request_counts(calendars: Iterable[Calendar]) -> dict[int, int]:
    """How many clients of each calendar wait for a new link, by its key: one query for all."""
    return count_open_requests(calendars)


@register.filter
def link_requests(counts: Mapping[int, int], calendar: Calendar) -> str:
    """Such as "2 requests", of what `link_request_counts` counted; empty for none."""
    count = counts.get(calendar.pk, 0)
    if count == 0:
        return ""
    return ngettext("%(count)s request", "%(count)s requests", count) % {"count": count}
