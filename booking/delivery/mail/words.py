"""What the emails say, in the language that is active. Nothing here asks the database."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.acts.limits import last_chance
from booking.addresses import link_path, manage_url, owner_url
from booking.delivery.mail.letters import Fact, Letter, Link
from booking.entries import title_of
from booking.models import Booking, Change, Mail, Party
from booking.times.rules import rules_for
from booking.timewords import Reader
from calendars.kit.datetext import joined
from calendars.kit.languages import current_customs
from calendars.kit.timetext import moment_text
from calendars.models import Calendar, Occasion

TITLE_LENGTH = 50


def write_letter(mail: Mail, change: Change | None) -> Letter:
    """The letter to `mail.recipient`; `change` is what it tells of, if that is a change."""
    if mail.recipient == Party.CLIENT:
        return _client_letter(mail, change)
    return _owner_letter(mail, change)


def as_sample(letter: Letter) -> Letter:
    warning = _(
        "This is a test. The booking is made up, its links lead nowhere,"
        " and no calendar entry is attached."
    )
    subject = _("Test: %(subject)s") % {"subject": letter.subject}
    return replace(letter, subject=subject, warning=warning, notes=[])


def _client_letter(mail: Mail, change: Change | None) -> Letter:
    booking, calendar = mail.booking, mail.booking.calendar
    owner = calendar.owner.display_name
    zone = booking.client_zone
    return Letter(
        subject=_subject(mail, calendar.name, zone),
        colour=calendar.colour,
        warning="",
        title=title_of(booking),
        heading=_client_heading(mail),
        lead=_client_lead(mail, change) % {"owner": owner},
        message=_message(change, reader=Party.CLIENT, writer=owner),
        facts=[*_times(mail, change, zone), *_place(mail)],
        personal_line=calendar.personal_line,
        action=Link(_client_action(mail), manage_url(booking)),
        notes=[
            _("Reply to this email to reach %(owner)s.") % {"owner": owner},
            *_entry_note(mail),
        ],
        settings=None,
    )


def _owner_letter(mail: Mail, change: Change | None) -> Letter:
    booking, calendar = mail.booking, mail.booking.calendar
    client = booking.client_name
    reply = _("Reply to this email to reach %(client)s.") % {"client": client}
    return Letter(
        subject=_subject(mail, client, calendar.zone),
        colour=calendar.colour,
        warning="",
        title=calendar.name,
        heading=_owner_heading(mail),
        lead=_owner_lead(mail, change) % {"client": client},
        message=_message(change, reader=Party.OWNER, writer=client),
        facts=[
            Fact(_("Who"), "\n".join(filter(None, [client, booking.client_email]))),
            *_times(mail, change, calendar.zone),
            *_place(mail),
            *(Fact(each["question"], each["answer"] or "–") for each in booking.answers_in_words),
            *_link(booking),
        ],
        personal_line="",
        action=Link(_("Open the booking"), owner_url(booking)),
        notes=[*([reply] if booking.client_email else []), *_entry_note(mail)],
        settings=_settings(calendar),
    )


def _subject(mail: Mail, title: str, zone: ZoneInfo) -> str:
    """Short, for a phone's list of emails: what happened, with whom or what, and when."""
    patterns = {
        Occasion.BOOKED: _("Booked: %(title)s, %(time)s (%(zone)s)"),
        Occasion.RESCHEDULED: _("New time: %(title)s, %(time)s (%(zone)s)"),
        Occasion.CANCELLED: _("Cancelled: %(title)s, %(time)s (%(zone)s)"),
        Occasion.REMINDER: _("Reminder: %(title)s, %(time)s (%(zone)s)"),
    }
    time = moment_text(mail.starts_at, zone, mail.due_at, weekday=True)
    title = Truncator(title).chars(TITLE_LENGTH)
    zone_name = _reader(mail.starts_at, zone).zone_name
    return patterns[Occasion(mail.occasion)] % {"title": title, "time": time, "zone": zone_name}


def _client_heading(mail: Mail) -> str:
    return {
        Occasion.BOOKED: _("You’re booked"),
        Occasion.RESCHEDULED: _("Your booking has a new time"),
        Occasion.CANCELLED: _("Your booking was cancelled"),
        Occasion.REMINDER: _("Your booking is coming up"),
    }[Occasion(mail.occasion)]


def _client_lead(mail: Mail, change: Change | None) -> str:
    by_owner = change is not None and change.by == Party.OWNER
    match mail.occasion:
        case Occasion.RESCHEDULED:
            return _("%(owner)s moved it.") if by_owner else _("You moved it.")
        case Occasion.CANCELLED:
            return _("%(owner)s cancelled it.") if by_owner else _("You cancelled it.")
        case Occasion.REMINDER:
            return _("You have a booking with %(owner)s.")
    if mail.booking.made_by_owner:
        return _("%(owner)s entered this booking for you.")
    return _("Your time with %(owner)s is reserved.")


def _client_action(mail: Mail) -> str:
    """What the client may do there, as far as it is known without asking: the page says it all."""
    booking, calendar = mail.booking, mail.booking.calendar
    is_too_late = last_chance(booking) < mail.due_at
    if mail.occasion == Occasion.CANCELLED or is_too_late:
        return _("See the booking")
    most = calendar.max_reschedules
    if most is not None and booking.sequence >= most and calendar.client_may_reschedule:
        # Perhaps it was the owner who moved it.
        return (
            _("See or change the booking") if calendar.client_may_cancel else _("See the booking")
        )
    match calendar.client_may_reschedule, calendar.client_may_cancel:
        case True, True:
            return _("Reschedule or cancel")
        case True, False:
            return _("Reschedule")
        case False, True:
            return _("Cancel the booking")
    return _("See the booking")


def _owner_heading(mail: Mail) -> str:
    return {
        Occasion.BOOKED: _("New booking"),
        Occasion.RESCHEDULED: _("A booking has a new time"),
        Occasion.CANCELLED: _("A booking was cancelled"),
        Occasion.REMINDER: _("A booking is coming up"),
    }[Occasion(mail.occasion)]


def _owner_lead(mail: Mail, change: Change | None) -> str:
    by_owner = change is not None and change.by == Party.OWNER
    match mail.occasion:
        case Occasion.RESCHEDULED:
            return _("You moved it.") if by_owner else _("%(client)s moved it.")
        case Occasion.CANCELLED if by_owner:
            return _("You cancelled it. The time is free again.")
        case Occasion.CANCELLED:
            return _("%(client)s cancelled it. The time is free again.")
        case Occasion.REMINDER:
            return _("You have a booking with %(client)s.")
    if mail.booking.made_by_owner:
        return _("You entered it for %(client)s.")
    return _("%(client)s booked a time with you.")


def _message(change: Change | None, *, reader: Party, writer: str) -> Fact | None:
    """What was written with a change, to whoever did not write it and as a copy to whoever did."""
    if change is None or not change.message:
        return None
    if change.by == reader:
        return Fact(_("You wrote"), change.message)
    return Fact(_("%(name)s wrote") % {"name": writer}, change.message)


def _times(mail: Mail, change: Change | None, zone: ZoneInfo) -> list[Fact]:
    minutes = (mail.ends_at - mail.starts_at) // timedelta(minutes=1)
    duration = ngettext("%(minutes)s minute", "%(minutes)s minutes", minutes)
    return [
        Fact(_("When"), time_text(mail.starts_at, mail.ends_at, zone), is_main=True),
        *_clients_time(mail, zone),
        *_time_before(change, zone),
        Fact(_("Duration"), duration % {"minutes": minutes}),
    ]


def _clients_time(mail: Mail, zone: ZoneInfo) -> list[Fact]:
    """The time as the client sees it, where that is another one than in the reader's `zone`."""
    theirs = mail.booking.client_zone
    offsets = {mail.starts_at.astimezone(each).utcoffset() for each in (zone, theirs)}
    if len(offsets) == 1:
        return []
    return [Fact(_("For the client"), time_text(mail.starts_at, mail.ends_at, theirs))]


def _time_before(change: Change | None, zone: ZoneInfo) -> list[Fact]:
    if change is None or change.moved_from is None:
        return []
    return [Fact(_("Before"), time_text(change.moved_from, None, zone), is_past=True)]


def _place(mail: Mail) -> list[Fact]:
    location = rules_for(mail.booking.calendar, booking=mail.booking).location
    return [Fact(_("Where"), location)] if location else []


def _link(booking: Booking) -> list[Fact]:
    """The one-time link by its note; never by its token, which mail servers keep."""
    link, path = booking.one_time_link, link_path(booking)
    if link is None:
        return []
    url = f"{settings.BASE_URL}{path}" if path else ""
    return [Fact(_("One-time link"), link.note or _("without a note"), url)]


def _entry_note(mail: Mail) -> list[str]:
    match mail.occasion:
        case Occasion.BOOKED:
            return [_("The attached entry puts it into your calendar.")]
        case Occasion.RESCHEDULED:
            return [_("The attached entry replaces the one in your calendar.")]
        case Occasion.CANCELLED:
            return [_("The attached entry takes it out of your calendar.")]
    return []


def _settings(calendar: Calendar) -> Link | None:
    if calendar.is_deleted:
        return None
    section = reverse("booking:notifications", args=[calendar.slug])
    return Link(_("Choose which emails you get"), settings.BASE_URL + section)


def time_text(start: datetime, end: datetime | None, zone: ZoneInfo) -> str:
    """Such as "Tuesday 24 November 2026, 10:00–10:30", and below it "Berlin time, UTC+1"."""
    reader = _reader(start, zone)
    times = reader.times(start, end) if end else reader.time(start)
    time = joined(reader.full_date(start), times)
    if zone.key == "UTC":
        return f"{time}\nUTC"
    name = _("%(zone)s time, %(offset)s") % {"zone": reader.zone_name, "offset": reader.offset}
    return f"{time}\n{name}"


def _reader(instant: datetime, zone: ZoneInfo) -> Reader:
    """How the booking page writes times; with the zone's offset at `instant`."""
    return Reader(now=instant, zone=zone, clock=current_customs().clock)
