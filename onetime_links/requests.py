"""Asking for a new link in place of one that does not work any more, and the answer."""

from datetime import datetime

from django.db import transaction

from calendars.kit.cleaning import clean_values
from onetime_links.links import generate_link, lock_link
from onetime_links.models import LinkRequest, OneTimeLink, Status


class LinkStillActive(Exception):
    """There is nothing to ask for: the link works."""


def ask_for_link(*, link: OneTimeLink, name: str, word: str, now: datetime) -> LinkRequest:
    """The open request for `link`: this one, or that which is open already.

    Raises LinkStillActive: a revocation was undone, or the expiry changed; and ValidationError with
    the names of the fields.
    """
    facts = clean_values(LinkRequest, {"client_name": name, "word": word})
    with transaction.atomic():
        # Two who ask at once ask one after the other.
        lock_link(link.pk)
        link = OneTimeLink.objects.select_related("booking").get(pk=link.pk)
        if link.status(at=now) == Status.ACTIVE:
            raise LinkStillActive
        if request := link.requests.open().first():
            return request
        return LinkRequest.objects.create(link=link, created_at=now, **facts)


def answer_request(*, request: LinkRequest, now: datetime) -> OneTimeLink:
    """The new link, with the note of the old one. A second click finds the one of the first."""
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
    """Takes it out of the list; the client is not told. What was answered stays answered."""
    LinkRequest.objects.open().filter(pk=request.pk).update(dismissed_at=now)
