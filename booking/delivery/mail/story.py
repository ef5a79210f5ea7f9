"""What an email tells, gathered once from the rows: its words and its message are made of this."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from booking.acts.limits import last_chance
from booking.addresses import link_path, manage_url, owner_url
from booking.entries import entry_of, owner_entry, title_of
from booking.ics import Entry, Person
from booking.models import Booking, Change, Mail, Party
from booking.times.rules import rules_for
from calendars.kit.languages import speaking
from calendars.models import Calendar, Occasion

TELLING_OF_A_CHANGE = {Occasion.RESCHEDULED, Occasion.CANCELLED}


@dataclass(frozen=True)
class ToldLink:
    """The one-time link by its note; never by its token, which mail servers keep."""

    note: str
    url: str


@dataclass(frozen=True)
class Story:
    """What became of a booking, for one of its two parties. Times are instants in UTC."""

    # Who reads it, and in which language; what happened, and by whom if it is a change.
    reader: Party
    language: str
    client: Person
    owner: Person
    occasion: Occasion
    by: Party | None
    made_by_owner: bool
    message: str

    # When it happened, when the booking is, and when it was before; the reader's zone comes first.
    told_at: datetime
    starts_at: datetime
    ends_at: datetime
    moved_from: datetime | None
    zone: ZoneInfo
    client_zone: ZoneInfo

    # What was booked, and what its reader calls it. Only the owner is told of the link.
    calendar: str
    title: str
    colour: str
    place: str
    personal_line: str
    answers: Sequence[dict[str, str]]
    link: ToldLink | None

    # Where the reader finds it, and what a client may do there, as far as it is known without
    # asking: of moves, the owner's may have been among those that count.
    url: str
    settings_url: str
    may_reschedule: bool
    may_cancel: bool
    moves_may_be_spent: bool

    # By what programs know it again: the message, the booking that messages are of, the entry.
    uid: UUID
    booking_uid: UUID
    entry: Entry | None

    # Whose folder keeps it where no mail server is named.
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
        """The party who reads it."""
        return self.client if self.to_client else self.owner

    @property
    def other(self) -> Person:
        """The party who does not read it."""
        return self.owner if self.to_client else self.client


def story_of(mail: Mail, change: Change | None) -> Story:
    """Return what `mail` tells; `change` is what it tells of, if that is a change.

    Asks the database nothing, if booking, calendar, host and one-time link were selected along.
    """
    booking, calendar = mail.booking, mail.booking.calendar
    host, to_client = booking.host, mail.recipient == Party.CLIENT
    language = booking.client_language if to_client else host.language
    is_changeable = mail.occasion != Occasion.CANCELLED and last_chance(booking) >= mail.due_at
    with speaking(language):
        answers, entry = booking.answers_in_words, _entry(mail)
        title = title_of(booking) if to_client else calendar.name
    return Story(
        reader=Party(mail.recipient),
        language=language,
        client=Person(booking.client_name, booking.client_email),
        owner=Person(host.display_name, host.email),
        occasion=Occasion(mail.occasion),
        by=Party(change.by) if change else None,
        made_by_owner=booking.made_by_owner,
        message=change.message if change else "",
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


def _entry(mail: Mail) -> Entry | None:
    """The calendar entry as the email tells it, in the language that is active."""
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
    """Where the owner chooses which emails they get; empty if the calendar is deleted."""
    if calendar.is_deleted:
        return ""
    return settings.BASE_URL + reverse("booking:notifications", args=[calendar.slug])


def _moves_may_be_spent(booking: Booking) -> bool:
    most = booking.calendar.max_reschedules
    return most is not None and booking.sequence >= most
