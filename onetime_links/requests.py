"""Acts on requests for a new link in place of one that does not work any more."""

from datetime import datetime

from django.db import transaction

from calendars.kit.cleaning import clean_values
from calendars.locks import lock_hosts
from onetime_links.links import lock_link, renew_invitation
from onetime_links.models import LinkRequest, OneTimeLink, Status


class LinkStillActive(Exception):
    """No new link is needed: the old one works."""


def ask_for_link(*, link: OneTimeLink, name: str, word: str, now: datetime) -> LinkRequest:
    """Return the open request for `link`, a new one if there is none.

    Raises LinkStillActive if the link works (again), and ValidationError with the names of the
    fields.
    """
    facts = clean_values(LinkRequest, {"client_name": name, "word": word})
    with transaction.atomic():
        # The lock lets two requests at the same moment come one after the other.
        lock_link(link.pk)
        link = OneTimeLink.objects.select_related("booking").get(pk=link.pk)
        if link.status(at=now) == Status.ACTIVE:
            raise LinkStillActive
        if request := link.requests.open().first():
            return request
        return LinkRequest.objects.create(link=link, created_at=now, **facts)


def answer_request(*, request: LinkRequest, now: datetime) -> OneTimeLink:
    """Return the link that works for the client who asked: the one there is, or a new one."""
    with transaction.atomic():
        lock_hosts(request.link.calendar.host_ids)
        link = OneTimeLink.objects.select_related("calendar").get(pk=request.link_id)
        working = renew_invitation(link=link, now=now)
        # A page that was opened earlier may still show a request that was answered or dismissed.
        LinkRequest.objects.filter(pk=request.pk).exclude(answer=working).update(
            answer=working, answered_at=now, dismissed_at=None
        )
    return working


def dismiss_request(*, request: LinkRequest, now: datetime) -> None:
    """Dismiss an open request without telling the client. An answered one stays answered."""
    LinkRequest.objects.open().filter(pk=request.pk).update(dismissed_at=now)
