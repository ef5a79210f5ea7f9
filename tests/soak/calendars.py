"""Every kind of calendar file, read and imported by two parsers that are not ours.

The parsers are vobject and npm's ical.js, which needs Node and is fetched into a folder that is
thrown away.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import vobject
from django.conf import settings
from django.utils import timezone

from booking.entries import entry_of, owner_entry
from booking.ics import Entry, Person, to_ics, to_invitation
from booking.models import Mail, Party
from booking.owner.feed import feed_url, open_feed
from calendars.models import Calendar, Occasion
from tests.soak.stage import CaseRow, Stage
from tests.support.booking.composing import (
    HOSTILE_NAMES,
    HOSTILE_TEXTS,
    book_overseas,
    mail_of,
    sent,
)
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    OneTimeLinkFactory,
    OwnerFactory,
)
from tests.support.world.hostile import INERT

ICAL_JS = "ical.js@2.2.1"
SCRIPT = Path(__file__).with_name("read_entries.mjs")
BERLIN = ZoneInfo("Europe/Berlin")

Told = dict[str, Any]


@dataclass(frozen=True)
class File:
    """A written file, and what a parser must read in it: its method, its name and its entries."""

    title: str
    text: bytes
    told: Told


def play(stage: Stage) -> Iterator[CaseRow]:
    read_by_ical_js = install_ical_js(stage.folder)
    with stage.server() as server:
        settings.BASE_URL = server.url
        cases = {
            "emails from the booking to its end": list(emails(make_calendar())),
            "hostile text": list(hostile()),
            "the feed, and a file to download": list(downloads(make_calendar())),
        }
    for case, files in cases.items():
        readings = {
            "ical.js": read_by_ical_js(files),
            "vobject": [read_by_vobject(file.text) for file in files],
        }
        entries = sum(len(file.told["entries"]) for file in files)
        yield CaseRow(
            case,
            requests=len(files),
            violations=list(wrongs(files, readings)),
            note=f"{entries} entries, by {' and '.join(readings)}",
        )


def wrongs(files: Sequence[File], readings: dict[str, list[Told]]) -> Iterator[str]:
    meant = imported([file.told for file in files])
    for parser, told in readings.items():
        for file, each in zip(files, told, strict=True):
            yield from (f"{file.title} by {parser}: {wrong}" for wrong in unlike(each, file.told))
        if imported(told) != meant:
            yield f"A program with {parser} ends with other entries than were meant."


def unlike(told: Told, meant: Told) -> Iterator[str]:
    """Yield what was read differently, and how."""
    if len(told["entries"]) != len(meant["entries"]):
        yield f"{len(told['entries'])} entries, and not {len(meant['entries'])}"
    pairs = [(told, meant), *zip(told["entries"], meant["entries"], strict=False)]
    for ours, theirs in pairs:
        for name in (ours.keys() | theirs.keys()) - {"entries"}:
            if ours.get(name) != theirs.get(name):
                yield f"{name} is {ours.get(name)!r}, and not {theirs.get(name)!r}"


def imported(told: Sequence[Told]) -> list[dict[str, Told]]:
    """Return a program's calendar after each file (RFC 5546): the latest sequence by UID."""
    kept: dict[str, Told] = {}
    states = []
    for each in told:
        for entry in each["entries"]:
            if entry["sequence"] < kept.get(entry["uid"], entry)["sequence"]:
                continue
            kept[entry["uid"]] = entry
            if each["method"] == "CANCEL":
                del kept[entry["uid"]]
        states.append(dict(kept))
    return states


# The files


def make_calendar() -> Calendar:
    olive = OwnerFactory.create(display_name="Olive, Owner")
    return CalendarFactory.create(owner=olive, location="Room 5; left, then right")


def emails(calendar: Calendar) -> Iterator[File]:
    """Yield emails across Berlin's change of clocks on 28 March 2027, for a client in New York."""
    booking = book_overseas(OneTimeLinkFactory.create(calendar=calendar))
    friday, monday = (datetime(2027, 3, day, 15, tzinfo=BERLIN).astimezone(UTC) for day in (26, 29))
    story = [
        (Occasion.BOOKED, friday, "REQUEST"),
        (Occasion.RESCHEDULED, monday, "REQUEST"),
        (Occasion.CANCELLED, monday, "CANCEL"),
    ]
    for party in Party:
        for sequence, (occasion, start, method) in enumerate(story):
            end = start + timedelta(minutes=30)
            fields: dict[str, Any] = {"starts_at": start, "ends_at": end, "sequence": sequence}
            mail = mail_of(booking, occasion, party, **fields)
            entry = entry_of(booking) if party == Party.CLIENT else owner_entry(booking)
            entry = replace(
                entry, **fields, made_at=mail.due_at, is_cancelled=occasion == Occasion.CANCELLED
            )
            told = file_told(method, entry, people=people_of(mail))
            for kind in ("text/calendar", "application/ics"):
                yield File(f"{kind} of {occasion} to the {party}", entry_in(mail, kind), told)


def entry_in(mail: Mail, kind: str) -> bytes:
    (part,) = (each for each in sent(mail).walk() if each.get_content_type() == kind)
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def people_of(mail: Mail) -> list[list[str]]:
    owner = mail.booking.host
    olive = [f"mailto:{owner.email}", owner.display_name]
    if mail.recipient == Party.CLIENT:
        return [olive, ["mailto:cleo@example.com", "Cleo Client"]]
    return [["mailto:quantix@localhost", "Quantix"], olive]


def hostile() -> Iterator[File]:
    """Yield files with text that tries to end its line, property or entry, and with such names."""
    entry = entry_of(BookingFactory.create())
    olive = Person("Olive Owner", "olive@example.com")
    for number, text in enumerate([*HOSTILE_TEXTS, *HOSTILE_NAMES, *INERT.values()]):
        # ical.js takes a backslash in a parameter for an escape, which RFC 5545 does not know.
        name = " ".join(text.replace("\\", "/").split())
        changed = replace(entry, title=text, location=text, description=text, sequence=number)
        invitation = to_invitation(changed, organizer=olive, attendee=Person(name, "c@example.com"))
        people = [
            ["mailto:olive@example.com", "Olive Owner"],
            ["mailto:c@example.com", name.replace('"', "'")],
        ]
        yield File(
            f"invitation with {text!r}", invitation, file_told("REQUEST", changed, people=people)
        )
        yield File(f"file with {text!r}", to_ics(changed), file_told("PUBLISH", changed))


def downloads(calendar: Calendar) -> Iterator[File]:
    """Yield the files that a program downloads from gunicorn."""
    owner = open_feed(owner=calendar.owner)
    tomorrow = timezone.now().replace(microsecond=0) + timedelta(days=1)
    bookings = [
        BookingFactory.create(
            calendar=calendar,
            starts_at=tomorrow + timedelta(days=number),
            client_name=name[:100],
            answers=[{"question": "Why?", "answer": text}],
        )
        for number, (name, text) in enumerate(zip(HOSTILE_NAMES, HOSTILE_TEXTS, strict=False))
    ]
    told = file_told("PUBLISH", *map(owner_entry, bookings), name=f"Bookings of {owner}")
    yield File("the feed", fetch(feed_url(owner)), told)
    mine = entry_of(bookings[0])
    yield File("a download", fetch(f"{mine.url}booking.ics"), file_told("PUBLISH", mine))


def fetch(url: str) -> bytes:
    with urlopen(url, timeout=10) as answer:  # noqa: S310
        body: bytes = answer.read()
    return body


def file_told(
    method: str, *entries: Entry, name: str = "", people: Sequence[list[str]] = ()
) -> Told:
    told = [entry_told(entry, people) for entry in entries]
    return {"name": name, "method": method, "entries": told}


def entry_told(entry: Entry, people: Sequence[list[str]]) -> Told:
    texts = ("uid", "sequence", "title", "location", "description", "url")
    times = ("starts_at", "ends_at", "made_at")
    return {
        **{name: getattr(entry, name) for name in texts},
        **{name: time_told(getattr(entry, name)) for name in times},
        "status": "CANCELLED" if entry.is_cancelled else "CONFIRMED",
        "people": list(people),
    }


def time_told(time: datetime) -> str:
    """Return the time as ical.js writes it: with a Z at the end if it is in UTC."""
    return f"{time:%Y-%m-%dT%H:%M:%S%Z}".replace("UTC", "Z")


# The parsers


def install_ical_js(folder: Path) -> Callable[[Sequence[File]], list[Told]]:
    """Install ical.js from the registry that npm is set up for; return a reader of files by it."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        sys.exit("There is no Node. Install it with: apt-get install nodejs npm")
    options = ("--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund")
    subprocess.run([npm, "install", *options, "--prefix", folder, ICAL_JS], check=True)
    script = shutil.copy(SCRIPT, folder)

    def read(files: Sequence[File]) -> list[Told]:
        paths = [folder / f"{number}.ics" for number in range(len(files))]
        for path, file in zip(paths, files, strict=True):
            path.write_bytes(file.text)
        answer = subprocess.run([node, script, *paths], stdout=subprocess.PIPE, check=True)
        told: list[Told] = json.loads(answer.stdout)
        return told

    return read


def read_by_vobject(text: bytes) -> Told:
    (calendar,) = vobject.readComponents(text.decode())
    return {
        "name": calendar.getChildValue("name", ""),
        "method": calendar.method.value,
        "entries": [entry_by_vobject(event) for event in calendar.vevent_list],
    }


def entry_by_vobject(event: Any) -> Told:
    texts = ("uid", "location", "description", "url", "status")
    times = {"starts_at": event.dtstart, "ends_at": event.dtend, "made_at": event.dtstamp}
    return {
        **{name: event.getChildValue(name, "") for name in texts},
        **{name: time_told(time.value) for name, time in times.items()},
        "title": event.summary.value,
        "sequence": int(event.sequence.value),
        "people": [
            # vobject leaves RFC 6868's escape of a caret as it is.
            [person.value, person.params["CN"][0].replace("^^", "^")]
            for name in ("organizer", "attendee")
            for person in event.contents.get(name, [])
        ],
    }
