"""Queries for what is held of a client."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from pathlib import Path
from unicodedata import normalize

from django.db.models import Q

from booking.models import Booking, Change, Mail
from booking.privacy.personal import ERASED
from calendars.models import Owner
from calendars.outbox.mailbox import find_kept, folder_of
from onetime_links.models import LinkRequest, LinkRequestQuerySet, OneTimeLink, OneTimeLinkQuerySet


@dataclass(frozen=True)
class Held:
    """What is held of the client with an email address. Bookings come with changes and emails."""

    email: str
    bookings: list[Booking]
    links: list[OneTimeLink]
    requests: list[LinkRequest]

    def upcoming(self, *, at: datetime) -> list[Booking]:
        return [each for each in self.bookings if each.is_live and each.ends_at > at]

    @property
    def messages(self) -> list[Change]:
        return [each for row in self.bookings for each in row.changes.all() if each.message]

    @property
    def waiting_mails(self) -> list[Mail]:
        mails = (mail for booking in self.bookings for mail in booking.mails.all())
        return [mail for mail in mails if not (mail.done_at or mail.failed_at or mail.dropped_at)]

    @property
    def noted_links(self) -> list[OneTimeLink]:
        return [link for link in self.links if link.note]

    @property
    def kept_emails(self) -> list[tuple[Path, str]]:
        """Return the emails in the mailbox about these bookings: folder and name of each."""
        return kept_emails_about(self.bookings)


def find_held(email: str, *, owner: Owner | None) -> Held:
    """Return what is held of a client: on the owner's calendars, or on everybody's for None.

    Deleted calendars count too. Letters of the address may be in upper or lower case.
    """
    everybodys = Booking.objects.all()
    found = (
        (everybodys.of(owner) if owner else everybodys)
        .filter(mentions_address(email))
        .select_related("calendar", "host", "one_time_link")
        .prefetch_related("changes", "mails")
        .order_by("starts_at", "pk")
    )
    bookings = [each for each in found if _spelling(each.client_email) == _spelling(email)]
    links = _links(email, bookings, owner)
    return Held(email, bookings, links, _requests(email, links, owner))


def mentions_address(email: str) -> Q:
    """Return the condition for bookings that mention the address, and some that only seem to.

    Folded texts are alike more often than addresses: "straße.example" is not "strasse.example".
    A booking whose search text is missing for the moment must be erased with the others.
    """
    spellings = {email, email.lower(), email.upper()}
    missing = (Q(search_text=None, client_email__iexact=each) for each in sorted(spellings))
    return reduce(or_, missing, Q(search_text__mentions=email))


def _spelling(text: str) -> str:
    """Return the text in the way in which addresses are compared."""
    return normalize("NFC", text).lower()


def kept_emails_about(bookings: Iterable[Booking]) -> list[tuple[Path, str]]:
    """Return the emails in the mailbox about the bookings: folder and name of each."""
    ids: dict[int, set[str]] = defaultdict(set)
    for booking in bookings:
        ids[booking.host_id] |= {str(mail.uid) for mail in booking.mails.all()}
    folders = {folder_of(host): wanted for host, wanted in ids.items() if wanted}
    return [
        (folder, name) for folder, wanted in folders.items() for name in find_kept(folder, wanted)
    ]


def _links(email: str, bookings: list[Booking], owner: Owner | None) -> list[OneTimeLink]:
    """Return the client's links: used by them, noted with their address, or given in exchange.

    A link that was made in place of another belongs to the same client, unless somebody else has
    booked by it.
    """
    links = OneTimeLink.objects.all()
    if owner:
        links = links.filter(calendar__owner=owner)
    mentioning = links.noted(email) | links.filter(search_text=None, note__icontains=email)
    noted = [link for link in mentioning if _names(email, link.note)]
    used = [booking.one_time_link for booking in bookings if booking.one_time_link]
    found = {link.pk: link for link in (*noted, *used)}
    fresh = set(found)
    while fresh:
        near = {link.pk: link for link in _exchanged(links, fresh) if link.pk not in found}
        found, fresh = found | near, set(near)
    return [link for _, link in sorted(found.items())]


def _exchanged(links: OneTimeLinkQuerySet, keys: set[int]) -> OneTimeLinkQuerySet:
    """Return the unused links that replace one of `keys`, or are replaced by one."""
    return links.unused().filter(Q(replaces__in=keys) | Q(replacements__in=keys)).distinct()


def _requests(email: str, links: list[OneTimeLink], owner: Owner | None) -> list[LinkRequest]:
    """Return the requests for the client's links, and those that give the address."""
    requests = unerased_requests(owner).select_related("link__calendar")
    of_links = requests.filter(link__in=links)
    mentioning = requests.filter(Q(search_text__mentions=email) | Q(search_text=None))
    naming = (each for each in mentioning if _names(email, f"{each.client_name} {each.word}"))
    found = {each.pk: each for each in (*of_links, *naming)}
    return [request for _, request in sorted(found.items())]


def unerased_requests(owner: Owner | None) -> LinkRequestQuerySet:
    """Return the owner's requests, or everybody's for None, but for those already erased."""
    requests = LinkRequest.objects.exclude(client_name=ERASED, word="")
    return requests.filter(link__calendar__owner=owner) if owner else requests


def _names(email: str, text: str) -> bool:
    """Return whether the text gives the address, and not a longer one that contains it."""
    address = rf"(?<![\w.+-]){re.escape(_spelling(email))}(?![\w-]|\.\w)"
    return re.search(address, _spelling(text)) is not None
