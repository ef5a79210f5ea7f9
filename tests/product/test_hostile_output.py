"""Hostile text is shown as mere text wherever it comes out."""

import csv
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from functools import partial
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils import timezone
from icalendar import Calendar as ICalendar

from booking.delivery.mail.compose import compose
from booking.models import Booking, Change, Mail, Party, TimeOff
from booking.owner.feed import open_feed
from booking.owner.queries import BookingFilter
from calendars.models import Calendar, Occasion, Owner
from calendars.outbox.mailbox import BACKEND, folder_of, names_in
from calendars.outbox.mailbox import write as post
from calendars.rules import replace_overrides
from onetime_links.models import LinkRequest, OneTimeLink
from tests.product import test_access_table as access
from tests.product.test_access_table import filled
from tests.support.pages.routes import every_route
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    ChangeFactory,
    ConfirmationFactory,
    LinkRequestFactory,
    MailFactory,
    OneTimeLinkFactory,
    PasswordResetFactory,
    TimeOffFactory,
)
from tests.support.world.hostile import AT, INERT, LINES, QUESTION, SLOT, SUNDAY, Tree

pytestmark = pytest.mark.once

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


# These addresses show no text that people have written, or do not exist.
SILENT = {
    *("/healthz", "/readyz", "/admin/jsi18n/", "/calendars/<slug>/share/qr-code.svg"),
    *("/admin/r/", "/admin/r/<content_type_id>/<object_id>/", "/admin/<url>"),
    *("/admin/password_change/", "/admin/password_change/done/", "/admin/<app_label>/"),
    "/admin/auth/group/add/",
    *("/admin/calendars/owner/add/", "/admin/onetime_links/onetimelink/add/"),
    *("/admin/calendars/dateoverride/add/", "/admin/calendars/dateoverride/<object_id>/delete/"),
    *("/styleguide/", "/styleguide/<part>/"),
    # Programs read these; the tests below check them.
    *("/manage/<token>/booking.ics", "/feed/<token>/bookings.ics", "/bookings/export/"),
    "/mail/<name>/attachments/<number>/",
}
CLIENTS = ("/book/", "/l/", "/manage/")


@dataclass(frozen=True)
class World:
    """Everything that shows text, with pages for all of it."""

    known: access.World
    # Addresses that a route alone does not give: a chosen time, the condition of a link.
    also: list[str]

    @property
    def owner(self) -> Owner:
        return self.known.olive

    @property
    def booking(self) -> Booking:
        return self.known.booking

    def write(self, text: str) -> None:
        """Put the text wherever there is any, past all forms."""
        Owner.objects.filter(pk=self.owner.pk).update(display_name=text)
        Calendar.objects.update(
            name=text,
            description=text,
            location=text,
            personal_line=text,
            questions=[{**QUESTION, "label": text}],
        )
        OneTimeLink.objects.update(note=text)
        LinkRequest.objects.update(client_name=text, word=text)
        TimeOff.objects.update(note=text)
        answers = [{"question": text, "answer": text}]
        Booking.objects.update(client_name=text, answers=answers)
        Change.objects.update(message=text)
        Mail.objects.update(error=text)
        Group.objects.update(name=text)
        LogEntry.objects.update(object_repr=text, change_message=text)
        shutil.rmtree(folder_of(self.owner.pk), ignore_errors=True)
        post(compose(Mail.objects.earliest("pk")))

    def pages(self) -> dict[str, str]:
        """Return an address for every route, even a new one, and the addresses in `also`."""
        [letter] = names_in(folder_of(self.owner.pk))
        routes = [route for route in every_route() if route not in SILENT]
        return dict(zip(self.also, self.also, strict=True)) | {
            route: filled(route, self.known.arguments(route, person_at(route)) | {"name": letter})
            for route in routes
        }

    def trees(self) -> dict[str, Tree]:
        answers = {
            page: self.known.browser(person_at(page)).get(address)
            for page, address in self.pages().items()
        }
        # The other answers lead somewhere, refuse, or want a form to be sent.
        assert {each.status_code for each in answers.values()} == {200, 302, 403, 405, 410}
        return {
            page: Tree.of(answer)
            for page, answer in answers.items()
            if answer.status_code in {200, 410}
        }


def person_at(page: str) -> str:
    return "client" if page.startswith(CLIENTS) else "owner"


@pytest.fixture
def clock() -> Iterator[None]:
    with time_machine.travel(SUNDAY, tick=False):
        yield


@pytest.fixture
def world(olive: Owner, clock: None, settings: Any, tmp_path: Path) -> World:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = BACKEND, str(tmp_path)
    settings.SIGN_UP_OPEN = True
    calendar = CalendarFactory.create(owner=olive, slug="discovery-call")
    CalendarFactory.create(owner=olive, slug="paused", paused_at=SUNDAY)
    replace_overrides(calendar=calendar, dates=[access.DAY], hours=[], now=timezone.now())
    Owner.objects.update(is_staff=True, is_superuser=True)
    Group.objects.create(name="Helpers")
    open_feed(owner=olive)
    make = partial(OneTimeLinkFactory.create, calendar=calendar, created_at=SUNDAY - DAY)
    active, used, expired = make(), make(), make(expires_at=SUNDAY)
    revoked, asked = make(revoked_at=SUNDAY - HOUR), make(revoked_at=SUNDAY - HOUR)
    book = partial(BookingFactory.create, calendar=calendar)
    booking = book(starts_at=SLOT + 2 * HOUR)
    book(starts_at=SLOT + 4 * HOUR, one_time_link=used)
    book(starts_at=SLOT - 7 * DAY)
    cancelled = book(starts_at=SLOT + 4 * HOUR, cancelled_at=SUNDAY)
    for each in (booking, cancelled):
        ChangeFactory.create(booking=each)
    for recipient, occasion in product(Party, Occasion):
        MailFactory.create(booking=booking, recipient=recipient, occasion=occasion)
    MailFactory.create(booking=cancelled, failed_at=SUNDAY)
    ConfirmationFactory.create(owner=olive)
    request = LinkRequestFactory.create(link=asked)
    time_off = TimeOffFactory.create(host=olive)
    PasswordResetFactory.create(owner=olive, failed_at=SUNDAY)
    for model in access.MODELS:
        LogEntry.objects.create(
            user=olive,
            content_type=ContentType.objects.get_for_model(model),
            object_id=access.first_key(model),
            action_flag=CHANGE,
        )
    sessions = {"owner": access.session_of(olive)}
    return World(
        access.World(olive, active, booking, time_off, request, sessions),
        [
            f"/book/discovery-call/?at={AT}",
            "/book/paused/",
            *(link.get_absolute_url() for link in (used, expired, revoked, asked)),
            cancelled.get_absolute_url(),
            f"/bookings/{cancelled.pk}/",
            f"/bookings/new/?again={booking.pk}",
            "/bookings/week/?day=2026-11-24",
            *(f"/bookings/?show={show}" for show in BookingFilter),
        ],
    )


def test_no_text_becomes_part_of_a_page(world: World) -> None:
    """A page has the same elements and attributes with hostile text as with harmless words."""
    world.write("Harmless")
    plain = world.trees()
    assert [page for page, tree in plain.items() if not tree.shows("Harmless")] == []
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
    """The message after an action shows a hostile name as text."""
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
    """Return the components with the names of their properties."""
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
    for show in BookingFilter:
        response: Any = browser.get(f"/bookings/export/?show={show}")
        rows = list(csv.reader(StringIO(response.getvalue().decode("utf-8-sig"))))
        assert len(rows) >= 2
        assert {len(row) for row in rows} == {len(rows[0])}
        starts = {part.strip()[:1] for row in rows for cell in row for part in cell.split(";")}
        assert not starts & set("=+-@＝＋－＠\t\r")
