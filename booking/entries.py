"""What a booking is in a calendar program: the client's entry and the owner's."""

from django.utils.translation import gettext as _

from booking.addresses import manage_url, owner_url
from booking.ics import Entry
from booking.models import Booking
from booking.times.rules import rules_for


def entry_of(booking: Booking) -> Entry:
    """The client's."""
    url = manage_url(booking)
    return _entry(booking, title=title_of(booking), description=url, url=url)


def owner_entry(booking: Booking) -> Entry:
    """Without the link's note: people share their calendars."""
    contact = [booking.client_email] if booking.client_email else []
    answered = (each for each in booking.answers_in_words if each["answer"])
    answers = [f"{each['question']} {each['answer']}" for each in answered]
    title, url = f"{booking.client_name}, {booking.calendar.name}", owner_url(booking)
    description = "\n".join([*contact, *answers, url])
    return _entry(booking, title=title, description=description, url=url)


def title_of(booking: Booking) -> str:
    """What a client calls it."""
    names = {"calendar": booking.calendar.name, "owner": booking.host.display_name}
    return _("%(calendar)s with %(owner)s") % names


def _entry(booking: Booking, *, title: str, description: str, url: str) -> Entry:
    return Entry(
        # The same wherever the entry comes from, so that programs see one.
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
