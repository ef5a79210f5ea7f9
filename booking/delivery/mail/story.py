"""The story of an email: the facts from the database that its text and headers are made of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from booking.acts.limits import last_chance
from booking.addresses import link_path, manage_url, owner_url
from booking.entries import client_name_for_owner, entry_of, owner_entry, title_of
from booking.ics import Entry, Person
from booking.models import Booking, Change, Mail, Party
from booking.times.rules import rules_for
from calendars.kit.languages import speaking
from calendars.models import Calendar, Occasion
from calendars.webaddresses import unlinked

TELLING_OF_A_CHANGE = {Occasion.RESCHEDULED, Occasion.CANCELLED}


@dataclass(frozen=True)
class ToldLink:
    """A one-time link as an email names it: by its note, never by its token.

    Mail servers keep the emails, and whoever reads the token could book.
    """

    note: str
    url: str


@dataclass(frozen=True)
class Story:
    """What happened to a booking, told to one of its two parties. Times are instants in UTC."""

    # The reader and their language; what happened, and who did it if it is a change.
    reader: Party
    language: str
    client: Person
    owner: Person
    occasion: Occasion
    by: Party | None
    made_by_owner: bool
    message: str

    # When it happened, the booking's time, and its start before a move; the reader's zone, and the
    # client's.
    told_at: datetime
    starts_at: datetime
    ends_at: datetime
    moved_from: datetime | None
    zone: ZoneInfo
    client_zone: ZoneInfo

    # What was booked; `title` is the reader's name for it. Only the owner is told the link.
    calendar: str
    title: str
    colour: str
    place: str
    personal_line: str
    answers: Sequence[dict[str, str]]
    link: ToldLink | None

    # The address of the booking's page, and what a client may do there. `moves_may_be_spent` means
    # that the booking was changed as often as its client may move it. Only a query could tell which
    # of the changes were the client's, and only those count.
    url: str
    settings_url: str
    may_reschedule: bool
    may_cancel: bool
    moves_may_be_spent: bool

    # What identifies the email and the booking to mail programs; the calendar entry.
    uid: UUID
    booking_uid: UUID
    entry: Entry | None

    # The owner whose folder keeps the email if no mail server is set.
    owner_id: int
    is_sample: bool = False

    @property
    def to_client(self) -> bool:
        return self.reader == Party.CLIENT

    @property
    def by_owner(self) -> bool:
        return self.by == Party.OWNER

    @property
    def person(self) -> Person:
        """Return the party who reads the email."""
        return self.client if self.to_client else self.owner

    @property
    def other(self) -> Person:
        """Return the party who does not read the email."""
        return self.owner if self.to_client else self.client


def story_of(mail: Mail, change: Change | None) -> Story:
    """Return the story that `mail` tells; `change` is the change that it is about, if any.

    This takes no queries if booking, calendar, host and one-time link were selected with `mail`.
    """
    booking, calendar = mail.booking, mail.booking.calendar
    host, to_client = booking.host, mail.recipient == Party.CLIENT
    language = booking.client_language if to_client else host.language
    is_changeable = mail.occasion != Occasion.CANCELLED and last_chance(booking) >= mail.due_at
    with speaking(language):
        answers, entry = _answers(booking), _entry(mail)
        title = title_of(booking) if to_client else calendar.name
        name = booking.mailable_client_name if to_client else client_name_for_owner(booking)
    return Story(
        reader=Party(mail.recipient),
        language=language,
        client=Person(name, booking.client_email),
        owner=Person(host.display_name, host.email),
        occasion=Occasion(mail.occasion),
        by=Party(change.by) if change else None,
        made_by_owner=booking.made_by_owner,
        message=_message(change, to_client=to_client),
        told_at=mail.due_at,
        starts_at=mail.starts_at,
        ends_at=mail.ends_at,
        moved_from=change.moved_from if change else None,
        zone=booking.client_zone if to_client else calendar.zone,
        client_zone=booking.client_zone,
        calendar=calendar.name,
        title=title,
        colour=calendar.colour,
        place=rules_for(calendar, booking=booking).location,
        personal_line=calendar.personal_line,
        answers=answers,
        link=None if to_client else _link(booking),
        url=manage_url(booking) if to_client else owner_url(booking),
        settings_url="" if to_client else _settings_url(calendar),
        may_reschedule=is_changeable and calendar.client_may_reschedule,
        may_cancel=is_changeable and calendar.client_may_cancel,
        moves_may_be_spent=_moves_may_be_spent(booking),
        uid=mail.uid,
        booking_uid=booking.uid,
        entry=entry,
        owner_id=host.pk,
    )


def _message(change: Change | None, *, to_client: bool) -> str:
    """Return the message that was written with the change, as its reader may get it.

    A client's own message is not mailed to the address that they typed: it may be anybody's. To the
    owner it goes without links.
    """
    if change is None:
        return ""
    if change.by == Party.OWNER:
        return change.message
    return "" if to_client else unlinked(change.message)


def _answers(booking: Booking) -> list[dict[str, str]]:
    return [{**each, "answer": unlinked(each["answer"])} for each in booking.answers_in_words]


def _entry(mail: Mail) -> Entry | None:
    """Return the calendar entry as of the email, in the active language; None for a reminder."""
    if mail.occasion == Occasion.REMINDER:
        return None
    booking = mail.booking
    entry = entry_of(booking) if mail.recipient == Party.CLIENT else owner_entry(booking)
    return replace(
        entry,
        starts_at=mail.starts_at,
        ends_at=mail.ends_at,
        made_at=mail.due_at,
        is_cancelled=mail.occasion == Occasion.CANCELLED,
        sequence=mail.sequence,
    )


def _link(booking: Booking) -> ToldLink | None:
    if booking.one_time_link is None:
        return None
    path = link_path(booking)
    return ToldLink(booking.one_time_link.note, f"{settings.BASE_URL}{path}" if path else "")


def _settings_url(calendar: Calendar) -> str:
    """Return the address where the owner chooses their emails; empty if the calendar is deleted."""
    if calendar.is_deleted:
        return ""
    return settings.BASE_URL + reverse("booking:notifications", args=[calendar.slug])


def _moves_may_be_spent(booking: Booking) -> bool:
    most = booking.calendar.max_reschedules
    return most is not None and booking.sequence >= most
