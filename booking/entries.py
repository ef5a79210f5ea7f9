"""The entries of a booking in calendar programs: one for its client, one for its owner."""

from django.utils.translation import gettext as _

from booking.addresses import manage_url, owner_url
from booking.ics import Entry
from booking.models import Booking, Party
from booking.times.rules import rules_for
from calendars.webaddresses import unlinked, unlinked_email


def entry_of(booking: Booking) -> Entry:
    """Return the entry for the client."""
    url = manage_url(booking)
    return _entry(booking, title=title_of(booking), description=url, url=url)


def owner_entry(booking: Booking) -> Entry:
    """Return the entry for the owner, without the link's note, because people share calendars.

    Programs make links of the addresses in an entry, too.
    """
    contact = [unlinked_email(booking.client_email)] if booking.client_email else []
    answered = (each for each in booking.answers_in_words if each["answer"])
    answers = [f"{each['question']} {unlinked(each['answer'])}" for each in answered]
    title, url = f"{client_name_for_owner(booking)}, {booking.calendar.name}", owner_url(booking)
    description = "\n".join([*contact, *answers, url])
    return _entry(booking, title=title, description=description, url=url)


def client_name_for_owner(booking: Booking) -> str:
    """Return the client's name, or a word in its place, for emails and entries to the owner."""
    return booking.mailable_client_name or str(Party.CLIENT.label)


def title_of(booking: Booking) -> str:
    """Return the title of the booking in the client's calendar."""
    names = {"calendar": booking.calendar.name, "owner": booking.host.display_name}
    return _("%(calendar)s with %(owner)s") % names


def _entry(booking: Booking, *, title: str, description: str, url: str) -> Entry:
    return Entry(
        # The uid is the same in emails, files and feeds, so that programs show one entry.
        uid=f"{booking.uid}@quantix",
        title=title,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        made_at=booking.created_at,
        is_cancelled=not booking.is_live,
        location=rules_for(booking.calendar, booking=booking).location,
        description=description,
        url=url,
        sequence=booking.sequence,
    )
