"""The act that writes emails to the outbox, in the transaction of the act that they tell of.

Workers send them.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection

from booking.models import Booking, Mail, Party
from calendars.kit.prepared import Insert
from calendars.models import Calendar, Occasion

INSERT_MAILS = Insert(Mail)


def announce(booking: Booking, occasion: Occasion, *, now: datetime) -> None:
    """Write the emails to client and owner that the calendar wants, and the booking's reminders.

    It goes by the present settings of `booking.calendar`. It runs one statement, and another one
    before it if earlier reminders may be waiting.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An email must be written together with what it tells of.")
    if occasion != Occasion.BOOKED:
        # Earlier reminders name a time that is not the booking's any more.
        booking.mails.waiting().filter(occasion=Occasion.REMINDER).update(dropped_at=now)
    mails = [_mail(booking, occasion, party, now) for party in _readers(booking, occasion)]
    if booking.is_live:
        mails += _reminders(booking, now)
    INSERT_MAILS(mails)


def _reminders(booking: Booking, now: datetime) -> Iterator[Mail]:
    """Yield the reminders whose time is still to come."""
    for minutes in booking.calendar.reminder_minutes:
        due = booking.starts_at - timedelta(minutes=minutes)
        if due > now:
            for party in _readers(booking, Occasion.REMINDER):
                yield _mail(booking, Occasion.REMINDER, party, due)


def _readers(booking: Booking, occasion: Occasion) -> list[Party]:
    wanted = {Party.CLIENT: wants_client_mail, Party.OWNER: wants_owner_mail}
    readers = [party for party in Party if wanted[party](booking.calendar, occasion)]
    return readers if booking.client_email else [p for p in readers if p != Party.CLIENT]


def wants_client_mail(calendar: Calendar, occasion: Occasion) -> bool:
    return occasion in calendar.client_mails


def tells_client(booking: Booking, occasion: Occasion) -> bool:
    """Return whether the client of the booking gets an email about it."""
    return bool(booking.client_email) and wants_client_mail(booking.calendar, occasion)


def wants_owner_mail(calendar: Calendar, occasion: Occasion) -> bool:
    return occasion in calendar.owner_mails


def _mail(booking: Booking, occasion: Occasion, recipient: Party, due_at: datetime) -> Mail:
    return Mail(
        booking=booking,
        occasion=occasion,
        recipient=recipient,
        sequence=booking.sequence,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        due_at=due_at,
        next_try_at=due_at,
    )
