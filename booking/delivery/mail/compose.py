"""Composes emails: the text, HTML, headers and calendar entry that tell a story."""

import re
from dataclasses import replace
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from booking.delivery.mail.content import Content, to_text
from booking.delivery.mail.look import look
from booking.delivery.mail.story import TELLING_OF_A_CHANGE, Story, story_of
from booking.delivery.mail.words import tell
from booking.ics import Entry, Person, method_of, to_invitation
from booking.models import Change, Mail
from calendars.kit.languages import speaking
from calendars.kit.validators import to_ascii
from calendars.outbox.headers import headers_of, message_id
from calendars.outbox.mailbox import OwnedEmail


def compose(mail: Mail) -> OwnedEmail:
    """Return the email, ready to be sent. It has no recipient if no header can hold the address.

    This takes at most one query if booking, calendar, host and one-time link were selected with
    `mail`.
    """
    change = None
    if mail.occasion in TELLING_OF_A_CHANGE:
        change = mail.booking.changes.filter(sequence=mail.sequence).first()
    return _message(story_of(mail, change))


def compose_sample(mail: Mail, change: Change | None) -> OwnedEmail:
    """Return an email about a made-up booking, addressed to the owner. No queries.

    It has no calendar entry, because some programs would add it to the owner's calendar unasked.
    """
    story = replace(story_of(mail, change), is_sample=True, entry=None)
    message = _message(story)
    message.to, message.reply_to = [_mailbox(_writable(story.owner))], []
    return message


def _message(story: Story) -> OwnedEmail:
    reader, other = _writable(story.person), _writable(story.other)
    with speaking(story.language):
        content = tell(story)
        message = OwnedEmail(
            subject=_one_line(content.subject),
            body=to_text(content),
            from_email=_mailbox(_sender(other if story.to_client else None)),
            to=[_mailbox(reader)] if reader.email else [],
            reply_to=[_mailbox(other)] if other.email else [],
            headers=_headers(story),
            owner_id=story.owner_id,
        )
        message.attach_alternative(_html(content), "text/html")
    if story.entry:
        _attach_entry(message, story.entry, story)
    return message


def _html(content: Content) -> str:
    language = translation.get_language()
    context = {"content": content, "language": language, "look": look(content.colour)}
    context["direction"] = "rtl" if translation.get_language_bidi() else "ltr"
    return render_to_string("booking/delivery/mail/email.html", context)


def _attach_entry(message: OwnedEmail, entry: Entry, story: Story) -> None:
    """Attach the calendar entry twice, as Google does in its own invitations.

    Gmail and Outlook read the alternative, which must name the method. Apple's Mail and programs
    that know no invitations show the file. Both have the same UID, so they make one entry.

    In an email to a client the organizer is the owner, who then gets the replies that some programs
    send unasked. In an email to the owner it is this installation: Outlook adds no entry whose
    organizer is its own user, and if the client were the organizer, it would send them a reply.
    """
    organizer, attendee = _sender(None), _writable(story.person)
    if story.to_client and (owner := _writable(story.owner)).email:
        organizer = owner
    invitation = to_invitation(entry, organizer=organizer, attendee=attendee)
    message.attach_alternative(invitation.decode(), f"text/calendar; method={method_of(entry)}")
    message.attach("invite.ics", invitation, "application/ics")


def _headers(story: Story) -> dict[str, str]:
    # No email has this ID. Programs group the emails of a booking because all refer to it.
    thread = message_id(story.booking_uid)
    return {
        **headers_of(story.uid),
        "In-Reply-To": thread,
        "References": thread,
    }


def _writable(person: Person) -> Person:
    """Return the person, without the address if no header can hold it.

    An address that cannot be written must not stop the email to the other party.
    """
    return Person(person.name, to_ascii(person.email))


def _sender(owner: Person | None) -> Person:
    """Return the installation's address, under the name of `owner` if there is one.

    The mail server may send only from this address.
    """
    site, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    if owner is None:
        return Person(site, address)
    if not site:
        return Person(owner.name, address)
    return Person(_("%(owner)s via %(site)s") % {"owner": owner.name, "site": site}, address)


def _mailbox(person: Person) -> str:
    return formataddr((_one_line(person.name), person.email))


def _one_line(text: str) -> str:
    """Return the text without control characters: a line break would begin another header."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text).split())
