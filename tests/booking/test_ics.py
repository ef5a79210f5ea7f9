"""Tests of calendar entries: the file of the manage page and the invitations in emails.

Two libraries read them: icalendar, which writes them too, and vobject. `make soak` reads them with
a third one, ical.js.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
import vobject
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from icalendar import Calendar as Entries

from booking.delivery.mail.compose import compose
from booking.ics import (
    Entry,
    Person,
    feed_ics,
    google_url,
    outlook_url,
    to_ics,
    to_invitation,
)
from booking.models import Booking, Party
from calendars.models import Occasion, Owner
from onetime_links.models import OneTimeLink
from tests.booking.conftest import SUNDAY
from tests.support.booking.composing import HOSTILE_TEXTS, TUESDAY, book_overseas, mail_of

ENTRY = Entry(
    uid="4f8d@quantix",
    title="Discovery call with Olive Owner",
    starts_at=TUESDAY,
    ends_at=TUESDAY + timedelta(minutes=30),
    made_at=SUNDAY,
    is_cancelled=False,
    location="Room 5",
    description="http://127.0.0.1:8000/manage/x/",
    url="http://127.0.0.1:8000/manage/x/",
    sequence=3,
)
OLIVE = Person("Olive Owner", "olive@example.com")
CLEO = Person("Cleo Client", "cleo@example.com")


def invitation(**changes: Any) -> bytes:
    return to_invitation(replace(ENTRY, **changes), organizer=OLIVE, attendee=CLEO)


def by_icalendar(text: bytes) -> dict[str, Any]:
    (calendar,) = Entries.from_ical(text, multiple=True)
    (event,) = calendar.walk("VEVENT")
    names = ("uid", "summary", "location", "description", "status", "url")
    return {
        "method": str(calendar["method"]),
        **{name: str(event[name]) for name in names},
        **{name: event.decoded(name) for name in ("dtstart", "dtend", "dtstamp", "sequence")},
    }


def by_vobject(text: bytes) -> dict[str, Any]:
    (calendar,) = vobject.readComponents(text.decode())
    (event,) = calendar.vevent_list
    names = ("uid", "summary", "location", "description", "status", "url")
    return {
        "method": calendar.method.value,
        **{name: getattr(event, name).value for name in names},
        **{name: getattr(event, name).value for name in ("dtstart", "dtend", "dtstamp")},
        "sequence": int(event.sequence.value),
    }


PARSERS = pytest.mark.parametrize("parse", [by_icalendar, by_vobject])


# What an entry says


@PARSERS
def test_invitation_is_read_as_it_was_meant(parse: Any) -> None:
    assert parse(invitation()) == {
        "method": "REQUEST",
        "uid": "4f8d@quantix",
        "sequence": 3,
        "status": "CONFIRMED",
        "summary": "Discovery call with Olive Owner",
        "location": "Room 5",
        "description": "http://127.0.0.1:8000/manage/x/",
        "url": "http://127.0.0.1:8000/manage/x/",
        "dtstart": TUESDAY,
        "dtend": TUESDAY + timedelta(minutes=30),
        "dtstamp": SUNDAY,
    }


@PARSERS
def test_cancellation_takes_out_the_same_entry(parse: Any) -> None:
    told = parse(invitation(is_cancelled=True, sequence=4))
    assert (told["method"], told["status"]) == ("CANCEL", "CANCELLED")
    assert (told["uid"], told["sequence"]) == ("4f8d@quantix", 4)


@PARSERS
@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_text_stays_text(parse: Any, text: str) -> None:
    told = parse(invitation(title=text, location=text, description=text))
    assert [told[name].strip() for name in ("summary", "location", "description")] == [
        text.strip()
    ] * 3
    assert told["uid"] == "4f8d@quantix"


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_lines_are_folded_and_end_as_they_must(text: str) -> None:
    """A line has at most 75 octets and ends in CRLF (RFC 5545, 3.1); no character is cut in two."""
    written = invitation(title=text, location=text, description=text)
    lines = written.split(b"\r\n")
    assert lines.pop() == b""
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert all(line.decode() for line in lines)


@pytest.mark.parametrize(
    ("person", "name", "address"),
    [
        (CLEO, "Cleo Client", "mailto:cleo@example.com"),
        (
            Person('Cleo "C"; x:, ^n', "o'neil+tag@example.com"),
            "Cleo 'C'; x:, ^n",
            "mailto:o'neil+tag@example.com",
        ),
        (
            Person("ليلى" * 25, '"a?b c"@example.com'),
            "ليلى" * 25,
            "mailto:%22a%3Fb%20c%22@example.com",
        ),
    ],
)
def test_people_are_named_and_not_asked(person: Person, name: str, address: str) -> None:
    written = to_invitation(ENTRY, organizer=OLIVE, attendee=person)
    event = Entries.from_ical(written).walk("VEVENT")[0]
    assert (str(event["organizer"]), event["organizer"].params["CN"]) == (
        "mailto:olive@example.com",
        "Olive Owner",
    )
    attendee = event["attendee"]
    assert (str(attendee), attendee.params["CN"]) == (address, name)
    assert (attendee.params["PARTSTAT"], attendee.params["RSVP"]) == ("ACCEPTED", "FALSE")
    # vobject does not decode the "^n" of RFC 6868, so it reads what many programs show.
    other = vobject.readOne(written.decode()).vevent.attendee
    assert (other.value, other.params["CN"]) == (address, [name.replace("^", "^^")])


def test_file_to_download_invites_nobody() -> None:
    told, written = by_icalendar(to_ics(ENTRY)), to_ics(ENTRY)
    assert told["method"] == "PUBLISH"
    assert (b"ATTENDEE" in written, b"ORGANIZER" in written) == (False, False)


# What programs refuse an entry or a feed without


def test_entry_is_written_so() -> None:
    """Two libraries can read what a program refuses, so the bytes are compared, too."""
    assert to_ics(ENTRY).decode().split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Quantix//Quantix//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        "SUMMARY:Discovery call with Olive Owner",
        f"DTSTART:{TUESDAY:%Y%m%dT%H%M%SZ}",
        f"DTEND:{TUESDAY + timedelta(minutes=30):%Y%m%dT%H%M%SZ}",
        f"DTSTAMP:{SUNDAY:%Y%m%dT%H%M%SZ}",
        "UID:4f8d@quantix",
        "SEQUENCE:3",
        "DESCRIPTION:http://127.0.0.1:8000/manage/x/",
        "LOCATION:Room 5",
        "STATUS:CONFIRMED",
        "URL:http://127.0.0.1:8000/manage/x/",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_feed_has_a_name_and_says_how_often_to_look() -> None:
    head, _, events = feed_ics("Olive, “O” Owner", [ENTRY, ENTRY]).partition(b"BEGIN:VEVENT")
    assert head.decode().split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Quantix//Quantix//EN",
        "METHOD:PUBLISH",
        "NAME:Olive\\, “O” Owner",
        "X-WR-CALNAME:Olive\\, “O” Owner",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
        "",
    ]
    assert events.count(b"BEGIN:VEVENT") == 1


# The entry as a link


def query_of(address: str, beginning: str) -> dict[str, str]:
    """Return what the address says, which must begin so and name everything once."""
    assert address.startswith(beginning)
    return dict(parse_qsl(urlsplit(address).query, strict_parsing=True))


HARD = replace(ENTRY, title="Ümit & Söhne, “Call” #1+", location="Room 5?", description="a&b\nc=d")


def test_google_is_told_everything() -> None:
    start = "https://calendar.google.com/calendar/render?"
    times = f"{TUESDAY:%Y%m%dT%H%M%SZ}/{TUESDAY + timedelta(minutes=30):%Y%m%dT%H%M%SZ}"
    assert query_of(google_url(HARD), start) == {
        "action": "TEMPLATE",
        "text": "Ümit & Söhne, “Call” #1+",
        "dates": times,
        "details": "a&b\nc=d",
        "location": "Room 5?",
    }


def test_outlook_is_told_everything() -> None:
    start = "https://outlook.live.com/calendar/0/deeplink/compose?"
    assert query_of(outlook_url(HARD), start) == {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": "Ümit & Söhne, “Call” #1+",
        "startdt": f"{TUESDAY:%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{TUESDAY + timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}",
        "body": "a&b\nc=d",
        "location": "Room 5?",
    }


# In the emails


@pytest.fixture
def booking(link: OneTimeLink) -> Booking:
    return book_overseas(link)


def parts_of(message: EmailMultiAlternatives) -> list[tuple[str, str, str | None]]:
    """Return the type, method and file name of every part but the containers."""
    return [
        (part.get_content_type(), str(part.get_param("method", "")), part.get_filename())
        for part in message.message().walk()
        if not part.is_multipart()
    ]


def entry_in(message: EmailMultiAlternatives) -> bytes:
    alternative = message.alternatives[-1][0]
    ((_, attached, _),) = message.attachments
    assert str(alternative).encode() == attached
    assert isinstance(attached, bytes)
    return attached


@pytest.mark.django_db
@pytest.mark.parametrize("recipient", Party)
def test_mail_carries_its_entry_where_programs_look_for_it(
    booking: Booking, recipient: Party
) -> None:
    words = [("text/plain", "", None), ("text/html", "", None)]
    file = ("application/ics", "", "invite.ics")
    found = {
        occasion: parts_of(compose(mail_of(booking, occasion, recipient))) for occasion in Occasion
    }
    assert found == {
        Occasion.BOOKED: [*words, ("text/calendar", "REQUEST", None), file],
        Occasion.RESCHEDULED: [*words, ("text/calendar", "REQUEST", None), file],
        Occasion.CANCELLED: [*words, ("text/calendar", "CANCEL", None), file],
        # The reader's calendar has the entry already: a second one would only ask again.
        Occasion.REMINDER: words,
    }


@pytest.mark.django_db
@PARSERS
def test_entry_is_added_moved_over_a_clock_change_and_taken_out(
    booking: Booking, parse: Any
) -> None:
    """Berlin's clocks change on 28 March 2027, so the same wall time is an hour earlier in UTC."""
    berlin = ZoneInfo("Europe/Berlin")
    friday, monday = (datetime(2027, 3, day, 15, tzinfo=berlin).astimezone(UTC) for day in (26, 29))
    half_an_hour = timedelta(minutes=30)
    story = [
        (Occasion.BOOKED, friday, 0),
        (Occasion.RESCHEDULED, monday, 1),
        (Occasion.CANCELLED, monday, 2),
    ]
    told = [
        parse(
            entry_in(
                compose(
                    mail_of(
                        booking,
                        occasion,
                        Party.CLIENT,
                        starts_at=start,
                        ends_at=start + half_an_hour,
                        sequence=sequence,
                    )
                )
            )
        )
        for occasion, start, sequence in story
    ]
    names = ("method", "sequence", "dtstart", "dtend")
    assert [tuple(each[name] for name in names) for each in told] == [
        ("REQUEST", 0, datetime(2027, 3, 26, 14, tzinfo=UTC), friday + half_an_hour),
        ("REQUEST", 1, datetime(2027, 3, 29, 13, tzinfo=UTC), monday + half_an_hour),
        ("CANCEL", 2, datetime(2027, 3, 29, 13, tzinfo=UTC), monday + half_an_hour),
    ]
    assert {each["uid"] for each in told} == {f"{booking.uid}@quantix"}


@pytest.mark.django_db
def test_answers_go_to_the_other_and_never_to_oneself(booking: Booking) -> None:
    """An entry's organizer is never the one who gets it: Outlook would not add such an entry."""
    people = {}
    for party in Party:
        entry = entry_in(compose(mail_of(booking, Occasion.BOOKED, party)))
        (event,) = Entries.from_ical(entry).walk("VEVENT")
        people[party] = (str(event["organizer"]), str(event["attendee"]))
    assert people == {
        Party.CLIENT: ("mailto:olive@example.com", "mailto:cleo@example.com"),
        Party.OWNER: ("mailto:quantix@localhost", "mailto:olive@example.com"),
    }


@pytest.mark.django_db
def test_host_is_the_person_of_the_meeting(booking: Booking, sam: Owner) -> None:
    """The test sets another host, as today the host is always the calendar's owner."""
    booking.host = sam
    to_client, to_host = (compose(mail_of(booking, Occasion.BOOKED, party)) for party in Party)
    assert (to_client.reply_to, to_host.to) == (
        ["Sam Stranger <sam@example.com>"],
        ["Sam Stranger <sam@example.com>"],
    )
    assert by_vobject(entry_in(to_client))["summary"] == "Discovery call with Sam Stranger"


@pytest.mark.django_db
def test_each_keeps_an_entry_of_their_own(booking: Booking) -> None:
    client, owner = (
        by_vobject(entry_in(compose(mail_of(booking, Occasion.BOOKED, party)))) for party in Party
    )
    manage = f"http://127.0.0.1:8000{booking.get_absolute_url()}"
    assert (client["summary"], client["description"]) == ("Discovery call with Olive Owner", manage)
    assert owner["summary"] == "Cleo Client, Discovery call"
    assert owner["description"].splitlines() == [
        "cleo@example.com",
        "Topic? Our prices",
        f"http://127.0.0.1:8000/bookings/{booking.pk}/",
    ]


@pytest.mark.django_db
@PARSERS
def test_file_of_the_manage_page_is_the_same_entry(
    client: Client, booking: Booking, parse: Any
) -> None:
    booking.sequence = 2
    booking.save()
    mailed = parse(entry_in(compose(mail_of(booking, Occasion.RESCHEDULED, Party.CLIENT))))
    downloaded = parse(client.get(f"{booking.get_absolute_url()}booking.ics").content)
    assert (mailed.pop("method"), downloaded.pop("method")) == ("REQUEST", "PUBLISH")
    mailed.pop("dtstamp")
    downloaded.pop("dtstamp")
    assert mailed == downloaded
