"""Text that means harm is shown as nothing but text, wherever it comes out."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.test import Client
from icalendar import Calendar as ICalendar

from booking.feed import open_feed
from booking.mails import compose
from booking.models import Booking, Mail, Party, TimeOff
from calendars.models import Calendar, Occasion, Owner
from onetime_links.models import OneTimeLink
from tests.factories import (
    BookingFactory,
    CalendarFactory,
    ChangeFactory,
    MailFactory,
    OneTimeLinkFactory,
    TimeOffFactory,
)
from tests.hostile import AT, INERT, LINES, QUESTION, SLOT, SUNDAY, Tree

pytestmark = pytest.mark.once


@dataclass(frozen=True)
class World:
    """Everything that shows text, with pages for all of it."""

    owner: Owner
    calendar: Calendar
    link: OneTimeLink
    booking: Booking
    mails: list[Mail]

    def write(self, text: str) -> None:
        """Puts the text wherever there is any, past all forms."""
        Owner.objects.filter(pk=self.owner.pk).update(display_name=text)
        Calendar.objects.update(
            name=text,
            description=text,
            location=text,
            personal_line=text,
            questions=[{**QUESTION, "label": text}],
        )
        OneTimeLink.objects.update(note=text)
        TimeOff.objects.update(note=text)
        answers = [{"question": text, "answer": text}]
        Booking.objects.update(client_name=text, answers=answers)
        self.booking.changes.update(message=text)

    def pages(self) -> dict[str, str]:
        """Addresses, and whether the owner's or the client's browser opens them."""
        active = OneTimeLink.objects.filter(booking=None)[0]
        client = [
            "/book/discovery-call/",
            f"/book/discovery-call/?at={AT}",
            "/book/discovery-call/embed/",
            active.get_absolute_url(),
            self.link.get_absolute_url(),
            self.booking.get_absolute_url(),
            f"{self.booking.get_absolute_url()}reschedule/",
            f"{self.booking.get_absolute_url()}cancellation/",
        ]
        sections = ("meeting-details", "booking-form", "one-time-links", "notifications", "delete")
        owner = [
            "/calendars/",
            "/profile/",
            "/bookings/",
            "/bookings/week/?day=2026-11-24",
            "/bookings/month/",
            "/bookings/time-off/",
            f"/bookings/{self.booking.pk}/",
            f"/bookings/{self.booking.pk}/cancellation/",
            f"/bookings/{self.booking.pk}/reschedule/",
            f"/bookings/new/?again={self.booking.pk}",
            *(f"/calendars/discovery-call/{section}/" for section in sections),
            f"/calendars/discovery-call/one-time-links/{active.pk}/",
            "/calendars/discovery-call/share/",
            "/calendars/discovery-call/share/embed/",
            "/calendars/discovery-call/share/one-time-link/",
        ]
        rows = [self.owner, self.calendar, active, self.booking, TimeOff.objects.get()]
        for row in rows:
            admin = f"/admin/{row._meta.app_label}/{row._meta.model_name}/"
            owner += [admin, f"{admin}{row.pk}/change/"]
        return dict.fromkeys(client, "client") | dict.fromkeys(owner, "owner")

    def trees(self) -> dict[str, Tree]:
        browsers = {"client": Client(), "owner": Client()}
        browsers["owner"].force_login(self.owner)
        answers = {page: browsers[who].get(page) for page, who in self.pages().items()}
        assert {each.status_code for each in answers.values()} == {200, 410}
        return {page: Tree.of(answer) for page, answer in answers.items()}


@pytest.fixture
def clock() -> Iterator[None]:
    with time_machine.travel(SUNDAY, tick=False):
        yield


@pytest.fixture
def world(olive: Owner, clock: None) -> World:
    calendar = CalendarFactory.create(owner=olive, slug="discovery-call")
    Owner.objects.update(is_staff=True, is_superuser=True)
    open_feed(owner=olive)
    link, _active = OneTimeLinkFactory.create_batch(2, calendar=calendar)
    starts_at = SLOT + timedelta(hours=2)
    booking = BookingFactory.create(calendar=calendar, one_time_link=link, starts_at=starts_at)
    ChangeFactory.create(booking=booking)
    TimeOffFactory.create(owner=olive)
    mails = [
        MailFactory.create(booking=booking, recipient=recipient, occasion=occasion)
        for recipient in Party
        for occasion in Occasion
    ]
    return World(olive, calendar, link, booking, mails)


def test_no_text_becomes_part_of_a_page(world: World) -> None:
    """Every page has the same elements and attributes as with harmless words."""
    world.write("Harmless")
    plain = world.trees()
    showing = {page for page, tree in plain.items() if tree.shows("Harmless")}
    assert showing == set(plain)
    for kind in ("markup", "attributes", "templates"):
        world.write(INERT[kind])
        trees = world.trees()
        for page, tree in trees.items():
            assert (page, tree.elements) == (page, plain[page].elements)
        hidden = [page for page, tree in trees.items() if not tree.shows(INERT[kind])]
        assert hidden == []


def test_address_in_a_location_is_no_script(world: World) -> None:
    for location in (
        *("javascript:alert(1)", "data:text/html,<script>alert(1)</script>"),
        *('https://a.example/"onmouseover="alert(1)', "https://a.example/'><script>x</script>"),
    ):
        Calendar.objects.update(location=location)
        tree = Tree.of(Client().get(world.booking.get_absolute_url()))
        links = [value for value in tree.values if value.startswith(("javascript:", "data:"))]
        assert [link for link in links if link != location] == []
        assert not [names for names in tree.elements if "onmouseover" in names]
        assert [names for names in tree.elements if names[0] == "script"] == [
            ("script", "type", "src")
        ]


def test_what_happened_is_said_in_text_alone(world: World) -> None:
    """The words after an action hold names, too."""
    browser = Client()
    browser.force_login(world.owner)
    text = INERT["markup"]
    world.write(text)
    for address in (
        *(f"/calendars/discovery-call/{verb}/" for verb in ("pause", "resume", "duplicate")),
        f"/bookings/{world.booking.pk}/cancellation/",
    ):
        tree = Tree.of(browser.post(address, follow=True))
        assert tree.shows(text)
        assert not [names for names in tree.elements if "onerror" in names]


INJECTION = "Call\r\nATTENDEE:mailto:evil@example.com\r\nEND:VEVENT\r\nBEGIN:VALARM\nX;Y=1,2:\\n"


def properties(ics: bytes) -> list[tuple[str, list[str]]]:
    """The components with the names of their properties."""
    return [(str(each.name), sorted(each)) for each in ICalendar.from_ical(ics).walk()]


def icalendars(world: World) -> dict[str, bytes]:
    feed = f"/feed/{Owner.objects.get(pk=world.owner.pk).feed_token}/bookings.ics"
    files = {
        path: Client().get(path).content
        for path in (f"{world.booking.get_absolute_url()}booking.ics", feed)
    }
    for mail in Mail.objects.order_by("pk"):
        for part in compose(mail).message().walk():
            if part.get_content_type() == "text/calendar":
                name = f"{mail.occasion} to {mail.recipient}"
                files[name] = part.get_payload(decode=True)  # type: ignore[assignment]
    return files


@pytest.mark.parametrize("text", [INJECTION, *INERT.values(), *LINES.values()])
def test_no_text_becomes_part_of_a_calendar_entry(world: World, text: str) -> None:
    world.write("Harmless")
    plain = {name: properties(ics) for name, ics in icalendars(world).items()}
    assert len(plain) >= 4
    world.write(text)
    files = icalendars(world)
    assert {name: properties(ics) for name, ics in files.items()} == plain
    for ics in files.values():
        assert all(len(line) <= 75 for line in ics.split(b"\r\n"))
        [event, *_others] = ICalendar.from_ical(ics).walk("VEVENT")
        assert "evil" not in str(event.get("attendee", ""))
        assert text.split()[0] in str(event["summary"])


@pytest.mark.parametrize("text", [INJECTION, *INERT.values(), *LINES.values()])
def test_no_text_becomes_a_header_of_an_email(world: World, text: str) -> None:
    world.write("Harmless")
    mails = Mail.objects.order_by("pk")
    plain = [sorted(compose(mail).message().keys()) for mail in mails]
    world.write(text)
    for mail, names in zip(mails.all(), plain, strict=True):
        message = message_from_bytes(compose(mail).message().as_bytes(), policy=policy.default)
        assert sorted(message.keys()) == names
        to = {Party.CLIENT: "cleo@example.com", Party.OWNER: "olive@example.com"}
        assert [each.addr_spec for each in message["To"].addresses] == [to[Party(mail.recipient)]]
        assert len(message["From"].addresses) == 1
        assert not any("\n" in value or "\r" in value for value in message.values())


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", ";=", "＝"])
def test_no_text_becomes_a_formula(world: World, sign: str) -> None:
    world.write(f'{sign}HYPERLINK("http://evil.example","{sign}x")\r\n{sign}1')
    browser = Client()
    browser.force_login(world.owner)
    response: Any = browser.get("/bookings/export/?show=all")
    text = (response.getvalue() if response.streaming else response.content).decode("utf-8-sig")
    rows = list(csv.reader(StringIO(text)))
    assert len(rows) >= 2
    assert {len(row) for row in rows} == {len(rows[0])}
    starts = {part.strip()[:1] for row in rows for cell in row for part in cell.split(";")}
    assert not starts & set("=+-@＝＋－＠\t\r")
