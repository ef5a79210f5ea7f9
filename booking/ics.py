"""A booking as an iCalendar entry (RFC 5545), and as addresses that make one elsewhere. Pure."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from icalendar import Calendar, Event


@dataclass(frozen=True)
class Entry:
    """What a calendar program is told. Times are instants in UTC; `uid` never changes."""

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    is_cancelled: bool
    location: str
    description: str
    url: str


def to_ics(entry: Entry) -> bytes:
    event = Event()
    event.add("uid", entry.uid)
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
    calendar = Calendar()
    calendar.add("prodid", "-//Quantix//Quantix//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text


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
