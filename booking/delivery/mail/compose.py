"""Composes the outbox's emails: a letter as text and HTML, with its headers and calendar entry."""

import re
from dataclasses import replace
from email.utils import formataddr, parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from booking.delivery.mail.letters import Letter, to_text
from booking.delivery.mail.look import look
from booking.delivery.mail.words import as_sample, write_letter
from booking.entries import entry_of, owner_entry
from booking.ics import Person, method_of, to_invitation
from booking.models import Change, Mail, Party
from calendars.kit.languages import speaking
from calendars.kit.validators import to_ascii
from calendars.models import Occasion
from calendars.outbox.mailbox import OwnedEmail

TELLING_OF_A_CHANGE = {Occasion.RESCHEDULED, Occasion.CANCELLED}


def compose(mail: Mail) -> OwnedEmail:
    """The email, ready to be sent. To nobody if there is no address that can be written to.

    One query, if booking, calendar, owner and one-time link were selected along.
    """
    change = None
    if mail.occasion in TELLING_OF_A_CHANGE:
        change = mail.booking.changes.filter(sequence=mail.sequence).first()
    return _compose(mail, change)


def compose_sample(mail: Mail, change: Change | None) -> OwnedEmail:
    """The same of a booking that is made up, to its owner. Asks the database nothing.

    Without the entry, which some programs would put into the owner's calendar by themselves.
    """
    message = _compose(mail, change, is_sample=True)
    owner = mail.booking.calendar.owner
    message.to, message.reply_to = [_mailbox(_person(owner.display_name, owner.email))], []
    return message


def _compose(mail: Mail, change: Change | None, *, is_sample: bool = False) -> OwnedEmail:
    to_client = mail.recipient == Party.CLIENT
    booking, owner = mail.booking, mail.booking.calendar.owner
    client = _person(booking.client_name, booking.client_email)
    host = _person(owner.display_name, owner.email)
    reader, other = (client, host) if to_client else (host, client)
    with speaking(booking.client_language if to_client else owner.language):
        letter = write_letter(mail, change)
        if is_sample:
            letter = as_sample(letter)
        message = OwnedEmail(
            subject=_one_line(letter.subject),
            body=to_text(letter),
            from_email=_mailbox(_sender(host if to_client else None)),
            to=[_mailbox(reader)] if reader.email else [],
            reply_to=[_mailbox(other)] if other.email else [],
            headers=_headers(mail),
            owner_id=owner.pk,
        )
        message.attach_alternative(_html(letter), "text/html")
        if mail.occasion != Occasion.REMINDER and not is_sample:
            _attach_entry(message, mail, host=host, client=client)
    return message


def _html(letter: Letter) -> str:
    language = translation.get_language()
    context = {"letter": letter, "language": language, "look": look(letter.colour)}
    context["direction"] = "rtl" if translation.get_language_bidi() else "ltr"
    return render_to_string("booking/delivery/mail/letter.html", context)


def _attach_entry(message: OwnedEmail, mail: Mail, *, host: Person, client: Person) -> None:
    """The calendar entry, twice, as Google's own invitations hold it.

    Gmail and Outlook read the alternative, which must name the method; Apple's Mail and whatever
    knows no invitations show the file. The UID makes one entry of both.

    To a client the owner is the organizer: an answer, which some programs send unasked, reaches
    who is concerned. To the owner it is this installation: Outlook adds no entry whose organizer
    is its own user, and with the client as organizer would answer to them.
    """
    to_client = mail.recipient == Party.CLIENT
    site = _sender(None)
    entry = entry_of(mail.booking) if to_client else owner_entry(mail.booking)
    entry = replace(
        entry,
        starts_at=mail.starts_at,
        ends_at=mail.ends_at,
        made_at=mail.due_at,
        is_cancelled=mail.occasion == Occasion.CANCELLED,
        sequence=mail.sequence,
    )
    organizer, attendee = (host if host.email else site, client) if to_client else (site, host)
    invitation = to_invitation(entry, organizer=organizer, attendee=attendee)
    message.attach_alternative(invitation.decode(), f"text/calendar; method={method_of(entry)}")
    message.attach("invite.ics", invitation, "application/ics")


def _headers(mail: Mail) -> dict[str, str]:
    host = _host()
    # Of no email: it only holds together those of one booking.
    thread = f"<{mail.booking.uid}@{host}>"
    return {
        "Message-ID": f"<{mail.uid}@{host}>",
        "In-Reply-To": thread,
        "References": thread,
        # Nobody's holiday notice shall answer: RFC 3834, and Microsoft's own word.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }


def _host() -> str:
    """The installation's host as a Message-ID may hold it."""
    name = urlsplit(settings.BASE_URL).hostname or "localhost"
    return f"[IPv6:{name}]" if ":" in name else name.encode("idna").decode()


def _person(name: str, email: str) -> Person:
    """Without the address if no header can hold it: the other one shall hear of it all the same."""
    return Person(name, to_ascii(email))


def _sender(owner: Person | None) -> Person:
    """The installation's address, which its mail server may send from; in an owner's name."""
    site, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    if owner is None:
        return Person(site, address)
    if not site:
        return Person(owner.name, address)
    return Person(_("%(owner)s via %(site)s") % {"owner": owner.name, "site": site}, address)


def _mailbox(person: Person) -> str:
    return formataddr((_one_line(person.name), person.email))


def _one_line(text: str) -> str:
    """As a header may hold it: a line break in it would begin another header."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text).split())
