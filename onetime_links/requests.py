"""Acts on requests for a new link in place of one that does not work any more."""

from datetime import datetime

from django.db import transaction

from calendars.kit.cleaning import clean_values
from onetime_links.links import generate_link, lock_link
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
    """Return a new link with the note of the old one, the same one for a second click."""
    with transaction.atomic():
        lock_link(request.link_id)
        request = LinkRequest.objects.select_related("link__calendar", "answer").get(pk=request.pk)
        if request.answer is None:
            old = request.link
            request.answer = generate_link(
                calendar=old.calendar, now=now, note=old.note, replaces=old
            )
            request.answered_at, request.dismissed_at = now, None
            request.save(update_fields=["answer", "answered_at", "dismissed_at"])
        return request.answer


def dismiss_request(*, request: LinkRequest, now: datetime) -> None:
    """Dismiss an open request without telling the client. An answered one stays answered."""
    LinkRequest.objects.open().filter(pk=request.pk).update(dismissed_at=now)
