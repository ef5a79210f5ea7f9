"""Calendar entries in iCalendar's format (RFC 5545), and as links to calendars on the web.

The functions are pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from icalendar import Calendar, Event, Parameters, vCalAddress, vDuration, vText

# How often a program should look for news in a feed.
REFRESH = timedelta(minutes=15)


@dataclass(frozen=True)
class Entry:
    """An entry of a calendar program. Times are instants in UTC; `uid` never changes."""

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    is_cancelled: bool
    location: str
    description: str
    url: str
    sequence: int = 0


@dataclass(frozen=True)
class Person:
    name: str
    email: str


def to_ics(entry: Entry) -> bytes:
    return _calendar(_event(entry))


def to_invitation(entry: Entry, *, organizer: Person, attendee: Person) -> bytes:
    """Return the entry as an email takes it from organizer to attendee (RFC 5546).

    The attendee has agreed already, so their program has nothing to ask. An entry with a higher
    sequence replaces the one that the program has; a cancelled one removes it.
    """
    event = _event(entry)
    event.add("organizer", _address(organizer))
    agreed = {"cutype": "INDIVIDUAL", "role": "REQ-PARTICIPANT", "partstat": "ACCEPTED"}
    event.add("attendee", _address(attendee, **agreed, rsvp="FALSE"))
    return _calendar(event, method=method_of(entry))


def method_of(entry: Entry) -> str:
    return "CANCEL" if entry.is_cancelled else "REQUEST"


def feed_ics(name: str, entries: Sequence[Entry]) -> bytes:
    """Return a calendar to subscribe to. Programs remove the entries that it no longer has."""
    return _calendar(*map(_event, entries), name=name)


def _calendar(*events: Event, method: str = "PUBLISH", name: str = "") -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Quantix//Quantix//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if name:
        # Each property of RFC 7986 is followed by the older one that most programs read. The names
        # are vText because icalendar escapes nothing in a property that it does not know.
        calendar.add("name", vText(name))
        calendar.add("x-wr-calname", vText(name))
        calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
        calendar.add("x-published-ttl", vDuration(REFRESH))
    for event in events:
        calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.made_at)
    event.add("dtstart", entry.starts_at)
    event.add("dtend", entry.ends_at)
    event.add("summary", entry.title)
    event.add("url", entry.url)
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    if entry.location:
        event.add("location", entry.location)
    if entry.description:
        event.add("description", entry.description)
    return event


def _address(person: Person, **parameters: str) -> vCalAddress:
    # The email is quoted, because a "?" would begin the query of the mailto address.
    address = vCalAddress("mailto:" + quote(person.email, safe="!$&'*+/=@"))
    # Quotation marks are replaced, because programs do not decode what RFC 6868 writes for them.
    named = {"cn": person.name.replace('"', "'")} if person.name else {}
    address.params = Parameters(**named, **parameters)
    return address


def google_url(entry: Entry) -> str:
    times = "/".join(f"{time:%Y%m%dT%H%M%SZ}" for time in (entry.starts_at, entry.ends_at))
    query = {
        "action": "TEMPLATE",
        "text": entry.title,
        "dates": times,
        "details": entry.description,
        "location": entry.location,
    }
    return f"https://calendar.google.com/calendar/render?{urlencode(query)}"


def outlook_url(entry: Entry) -> str:
    query = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": entry.title,
        "startdt": f"{entry.starts_at:%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{entry.ends_at:%Y-%m-%dT%H:%M:%SZ}",
        "body": entry.description,
        "location": entry.location,
    }
    return f"https://outlook.live.com/calendar/0/deeplink/compose?{urlencode(query)}"
