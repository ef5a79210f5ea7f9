"""The words of the emails, in the active language. No queries."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.delivery.mail.content import Content, Fact, Link
from booking.delivery.mail.story import Story
from booking.timewords import Reader
from calendars.kit.datetext import joined
from calendars.kit.languages import current_customs
from calendars.kit.timetext import moment_text
from calendars.models import Occasion
from calendars.webaddresses import unlinked_email

TITLE_LENGTH = 50


def tell(story: Story) -> Content:
    """Return the email that tells `story` to its reader."""
    content = _to_client(story) if story.to_client else _to_owner(story)
    return _as_sample(content) if story.is_sample else content


def _as_sample(content: Content) -> Content:
    warning = _(
        "This is a test. The booking is made up, its links lead nowhere,"
        " and no calendar entry is attached."
    )
    subject = _("Test: %(subject)s") % {"subject": content.subject}
    return replace(content, subject=subject, warning=warning, notes=[])


def _to_client(story: Story) -> Content:
    owner = story.owner.name
    return Content(
        subject=_subject(story, story.calendar),
        colour=story.colour,
        warning="",
        title=story.title,
        heading=_client_heading(story),
        lead=_client_lead(story) % {"owner": owner},
        message=_message(story),
        facts=[*_times(story), *_place(story)],
        personal_line=story.personal_line,
        action=Link(_client_action(story), story.url),
        notes=[
            _("Reply to this email to reach %(owner)s.") % {"owner": owner},
            *_entry_note(story),
        ],
        settings=None,
    )


def _to_owner(story: Story) -> Content:
    client = story.client
    reply = _("Reply to this email to reach %(client)s.") % {"client": client.name}
    choice = Link(_("Choose which emails you get"), story.settings_url)
    return Content(
        subject=_subject(story, client.name),
        colour=story.colour,
        warning="",
        title=story.title,
        heading=_owner_heading(story),
        lead=_owner_lead(story) % {"client": client.name},
        message=_message(story),
        facts=[
            Fact(_("Who"), "\n".join(filter(None, [client.name, unlinked_email(client.email)]))),
            *_times(story),
            *_place(story),
            *(Fact(each["question"], each["answer"] or "–") for each in story.answers),
            *_link(story),
        ],
        personal_line="",
        action=Link(_("Open the booking"), story.url),
        notes=[*([reply] if client.email else []), *_entry_note(story)],
        settings=choice if story.settings_url else None,
    )


def _subject(story: Story, title: str) -> str:
    """Return what happened, with whom or what, and when; short, for a phone's list of emails."""
    patterns = {
        Occasion.BOOKED: _("Booked: %(title)s, %(time)s (%(zone)s)"),
        Occasion.RESCHEDULED: _("New time: %(title)s, %(time)s (%(zone)s)"),
        Occasion.CANCELLED: _("Cancelled: %(title)s, %(time)s (%(zone)s)"),
        Occasion.REMINDER: _("Reminder: %(title)s, %(time)s (%(zone)s)"),
    }
    return patterns[story.occasion] % {
        "title": Truncator(title).chars(TITLE_LENGTH),
        "time": moment_text(story.starts_at, story.zone, story.told_at, weekday=True),
        "zone": _reader(story.starts_at, story.zone).zone_name,
    }


def _client_heading(story: Story) -> str:
    return {
        Occasion.BOOKED: _("You’re booked"),
        Occasion.RESCHEDULED: _("Your booking has a new time"),
        Occasion.CANCELLED: _("Your booking was cancelled"),
        Occasion.REMINDER: _("Your booking is coming up"),
    }[story.occasion]


def _client_lead(story: Story) -> str:
    match story.occasion:
        case Occasion.RESCHEDULED:
            return _("%(owner)s moved it.") if story.by_owner else _("You moved it.")
        case Occasion.CANCELLED:
            return _("%(owner)s cancelled it.") if story.by_owner else _("You cancelled it.")
        case Occasion.REMINDER:
            return _("You have a booking with %(owner)s.")
    if story.made_by_owner:
        return _("%(owner)s entered this booking for you.")
    return _("Your time with %(owner)s is reserved.")


def _client_action(story: Story) -> str:
    """Return the text of the link to the booking's page: what the client may do there.

    If that is not certain, the text promises less, and the page shows what is possible.
    """
    match story.may_reschedule, story.may_cancel:
        case True, True if story.moves_may_be_spent:
            return _("See or change the booking")
        case True, False if story.moves_may_be_spent:
            return _("See the booking")
        case True, True:
            return _("Reschedule or cancel")
        case True, False:
            return _("Reschedule")
        case False, True:
            return _("Cancel the booking")
    return _("See the booking")


def _owner_heading(story: Story) -> str:
    return {
        Occasion.BOOKED: _("New booking"),
        Occasion.RESCHEDULED: _("A booking has a new time"),
        Occasion.CANCELLED: _("A booking was cancelled"),
        Occasion.REMINDER: _("A booking is coming up"),
    }[story.occasion]


def _owner_lead(story: Story) -> str:
    match story.occasion:
        case Occasion.RESCHEDULED:
            return _("You moved it.") if story.by_owner else _("%(client)s moved it.")
        case Occasion.CANCELLED if story.by_owner:
            return _("You cancelled it. The time is free again.")
        case Occasion.CANCELLED:
            return _("%(client)s cancelled it. The time is free again.")
        case Occasion.REMINDER:
            return _("You have a booking with %(client)s.")
    if story.made_by_owner:
        return _("You entered it for %(client)s.")
    return _("%(client)s booked a time with you.")


def _message(story: Story) -> Fact | None:
    """Return the message that was written with a change. The owner gets a copy of their own."""
    if not story.message:
        return None
    if story.by == story.reader:
        return Fact(_("You wrote"), story.message, has_links=True)
    label = _("%(name)s wrote") % {"name": story.other.name}
    return Fact(label, story.message, has_links=story.by_owner)


def _times(story: Story) -> list[Fact]:
    minutes = (story.ends_at - story.starts_at) // timedelta(minutes=1)
    duration = ngettext("%(minutes)s minute", "%(minutes)s minutes", minutes)
    when = dated_text(story.starts_at, story.ends_at, story.zone)
    return [
        Fact(_("When"), when, is_main=True),
        *_clients_time(story),
        *_time_before(story),
        Fact(_("Duration"), duration % {"minutes": minutes}),
    ]


def _clients_time(story: Story) -> list[Fact]:
    """Return the time in the client's zone, if the reader's zone has a different offset."""
    zones = (story.zone, story.client_zone)
    if len({story.starts_at.astimezone(each).utcoffset() for each in zones}) == 1:
        return []
    theirs = dated_text(story.starts_at, story.ends_at, story.client_zone)
    return [Fact(_("For the client"), theirs)]


def _time_before(story: Story) -> list[Fact]:
    if story.moved_from is None:
        return []
    return [Fact(_("Before"), dated_text(story.moved_from, None, story.zone), is_past=True)]


def _place(story: Story) -> list[Fact]:
    return [Fact(_("Where"), story.place, has_links=True)] if story.place else []


def _link(story: Story) -> list[Fact]:
    if story.link is None:
        return []
    return [Fact(_("One-time link"), story.link.note or _("without a note"), story.link.url)]


def _entry_note(story: Story) -> list[str]:
    match story.occasion:
        case Occasion.BOOKED:
            return [_("The attached entry puts it into your calendar.")]
        case Occasion.RESCHEDULED:
            return [_("The attached entry replaces the one in your calendar.")]
        case Occasion.CANCELLED:
            return [_("The attached entry takes it out of your calendar.")]
    return []


def dated_text(start: datetime, end: datetime | None, zone: ZoneInfo) -> str:
    """Return two lines such as "Tuesday 24 November 2026, 10:00–10:30" and "Berlin time, UTC+1"."""
    reader = _reader(start, zone)
    times = reader.times(start, end) if end else reader.time(start)
    time = joined(reader.full_date(start), times)
    if zone.key == "UTC":
        return f"{time}\nUTC"
    name = _("%(zone)s time, %(offset)s") % {"zone": reader.zone_name, "offset": reader.offset}
    return f"{time}\n{name}"


def _reader(instant: datetime, zone: ZoneInfo) -> Reader:
    """Return the booking page's writer of times, with the zone's offset at `instant`."""
    return Reader(now=instant, zone=zone, clock=current_customs().clock)
