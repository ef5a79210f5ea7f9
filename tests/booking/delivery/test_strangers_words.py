"""Tests of what a stranger wrote: none of it is mailed to the address that they typed.

What they wrote to the owner reaches the owner, and becomes no link there.
"""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django.utils.html import urlize
from icalendar import Calendar as ICalendar
from limits import parse_many

from booking.acts.cancel import cancel_booking
from booking.delivery.mail.kind import BookingMails
from booking.models import Act, Booking, Mail, Party
from calendars.models import Calendar, Occasion
from calendars.outbox.handover import Outcome
from onetime_links.models import OneTimeLink
from tests.booking.conftest import PUBLIC
from tests.support.booking.composing import (
    EVERY_MAIL,
    book_overseas,
    change_of,
    everything_in,
    mail_of,
    part,
    read_html,
    sent,
)
from tests.support.booking.delivering import deliver_all
from tests.support.booking.sending import send
from tests.support.pages.parsing import text_of
from tests.support.servers.smtp import Postbox
from tests.support.world.factories import BookingFactory, MailFactory

pytestmark = pytest.mark.django_db

WORDS = "Claim your prize at https://evil.example/prize or www.evil.example or evil.example today"
HOUR = timedelta(hours=1)


@pytest.fixture
def booking(link: OneTimeLink) -> Booking:
    """Return a booking of a stranger who writes wherever they may."""
    booking = book_overseas(link)
    booking.answers = [{"question": "Topic?", "answer": WORDS}]
    return booking


def mail_with(booking: Booking, occasion: Occasion, party: Party, *, by: Party) -> EmailMessage:
    if occasion in Act.values:
        change_of(booking, occasion, by=by, message=WORDS)
    return sent(mail_of(booking, occasion, party))


@pytest.mark.parametrize("occasion", Occasion)
def test_client_is_mailed_nothing_that_a_client_wrote(booking: Booking, occasion: Occasion) -> None:
    booking.client_name = WORDS  # as older versions took it
    message = mail_with(booking, occasion, Party.CLIENT, by=Party.CLIENT)
    for text in everything_in(message):
        assert [word for word in ("evil", "prize", "wrote") if word in text] == []
    assert message["To"] == "cleo@example.com"


def test_client_is_greeted_by_name_in_the_address_and_in_the_entry(booking: Booking) -> None:
    message = sent(mail_of(booking, Occasion.BOOKED, Party.CLIENT))
    entry = ICalendar.from_ical(part(message, "text/calendar")).walk("VEVENT")[0]
    assert message["To"] == "Cleo Client <cleo@example.com>"
    assert entry["attendee"].params["CN"] == "Cleo Client"
    booking.client_name = WORDS
    message = sent(mail_of(booking, Occasion.BOOKED, Party.CLIENT, sequence=1))
    entry = ICalendar.from_ical(part(message, "text/calendar")).walk("VEVENT")[0]
    assert "CN" not in entry["attendee"].params


@pytest.mark.parametrize("occasion", [Occasion.RESCHEDULED, Occasion.CANCELLED])
def test_owner_still_writes_to_the_client(booking: Booking, occasion: Occasion) -> None:
    message = mail_with(booking, occasion, Party.CLIENT, by=Party.OWNER)
    assert "https://evil.example/prize" in part(message, "text/plain")
    assert 'href="https://evil.example/prize"' in part(message, "text/html")


@pytest.mark.parametrize("occasion", Occasion)
@pytest.mark.parametrize("name", [WORDS, "Dr.Berg"])
def test_owner_reads_all_of_it_and_none_of_it_is_a_link(
    booking: Booking, occasion: Occasion, name: str
) -> None:
    booking.client_name, booking.client_email = name, "www.evil.example/x@acme.example"
    message = mail_with(booking, occasion, Party.OWNER, by=Party.CLIENT)
    text = part(message, "text/plain")
    html = part(message, "text/html")
    told = "Claim your prize at https: //evil. example/prize or www. evil. example or evil. example"
    times = 2 if occasion in Act.values else 1
    assert " ".join(text.split()).count(told) == times
    assert [
        word for word in read_html(html).words if "://" in word and "127.0.0.1" not in word
    ] == []
    # A mail program makes links by itself, as this function does.
    kinds = [
        "text/plain",
        "text/html",
        *(["text/calendar"] if occasion != Occasion.REMINDER else []),
    ]
    for kind in kinds:
        assert "evil" not in "".join(_targets(urlize(part(message, kind))))


def _targets(html: str) -> list[str]:
    return [piece.split('"')[0] for piece in html.split('href="')[1:]]


@pytest.mark.parametrize(("occasion", "party"), EVERY_MAIL)
def test_no_header_holds_an_address_as_a_name(
    booking: Booking, occasion: Occasion, party: Party
) -> None:
    booking.client_name = WORDS
    message = sent(mail_of(booking, occasion, party))
    assert [name for name, value in message.items() if "evil" in value] == []
    if party == Party.OWNER:
        assert ": Client, Tue 24 Nov 10:00 (Berlin)" in message["Subject"]
        assert message["Reply-To"] == "Client <cleo@example.com>"


# The form


@pytest.mark.parametrize("name", ["Win at evil.example", "https://evil.example", "www.evil.io"])
@pytest.mark.usefixtures("clock")
def test_name_with_an_address_is_refused_at_its_field(
    client: Client, calendar: Calendar, name: str
) -> None:
    refused = send(client, PUBLIC, name=name)
    assert refused.status_code == 422
    text = text_of(refused)
    assert "Leave web addresses out of the name." in text
    assert f'value="{name}"' in text
    assert not Booking.objects.exists()
    assert send(client, PUBLIC, name="Dr.Berg").status_code == 303


# How many emails one address gets


@pytest.fixture
def limit(settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, "emails_per_recipient": parse_many("2 per hour")}


def book(calendar: Calendar, email: str, **fields: Any) -> Booking:
    booking: Booking = BookingFactory.create(calendar=calendar, client_email=email, **fields)
    MailFactory.create(booking=booking, recipient=Party.CLIENT, due_at=timezone.now() - HOUR)
    return booking


@pytest.mark.usefixtures("limit")
def test_stranger_has_one_address_mailed_a_few_times_an_hour(
    calendar: Calendar, postbox: Postbox, kind: BookingMails
) -> None:
    spellings = ("victim@acme.example", "Victim+1@acme.example", "vic.tim+2@ACME.example")
    for n, email in enumerate([*spellings, "cleo@example.com"]):
        book(calendar, email, starts_at=timezone.now() + (n + 2) * 24 * HOUR)
    done = deliver_all(kind)
    assert done == [Outcome.DONE] * 2 + [Outcome.POSTPONED, Outcome.DONE]
    assert len(postbox.received) == 3
    [waiting] = Mail.objects.waiting()
    assert (waiting.tries, waiting.lease, waiting.error) == (0, None, "")
    assert not Mail.objects.overdue(at=timezone.now()).exists()
    with time_machine.travel(waiting.next_try_at + timedelta(minutes=1)):
        assert deliver_all(kind) == [Outcome.DONE]
    assert len(postbox.received) == 4


@pytest.mark.usefixtures("limit")
def test_email_that_is_tried_again_counts_once(
    calendar: Calendar, postbox: Postbox, kind: BookingMails
) -> None:
    booking = book(calendar, "cleo@example.com", starts_at=timezone.now() + 48 * HOUR)
    postbox.at_message = lambda message: "451 later"
    for _ in range(5):
        Mail.objects.update(next_try_at=timezone.now())
        assert deliver_all(kind) == [Outcome.WAITS]
    postbox.at_message = lambda message: None
    Mail.objects.update(next_try_at=timezone.now())
    assert deliver_all(kind) == [Outcome.DONE]
    MailFactory.create(booking=booking, sequence=9, due_at=timezone.now() - HOUR)
    assert deliver_all(kind) == [Outcome.DONE]


@pytest.mark.usefixtures("limit")
@pytest.mark.parametrize(("is_open", "last"), [(False, Outcome.DONE), (True, Outcome.POSTPONED)])
def test_owner_writes_as_often_as_needed_unless_anybody_can_be_one(
    calendar: Calendar,
    postbox: Postbox,
    kind: BookingMails,
    settings: Any,
    is_open: bool,
    last: Outcome,
) -> None:
    settings.SIGN_UP_OPEN = is_open
    for n in range(2):
        starts_at = timezone.now() + (n + 2) * 24 * HOUR
        book(calendar, "cleo@example.com", starts_at=starts_at, made_by_owner=True)
    cancelled = BookingFactory.create(
        calendar=calendar, client_email="cleo@example.com", starts_at=timezone.now() + 9 * 24 * HOUR
    )
    deliver_all(kind)
    cancel_booking(booking=cancelled, by=Party.OWNER, now=timezone.now())
    Mail.objects.waiting().filter(recipient=Party.OWNER).delete()
    assert deliver_all(kind) == [last]


@pytest.mark.usefixtures("limit")
def test_owner_is_told_of_every_booking(
    calendar: Calendar, postbox: Postbox, kind: BookingMails
) -> None:
    for n in range(4):
        booking = BookingFactory.create(
            calendar=calendar, starts_at=timezone.now() + (n + 2) * 24 * HOUR
        )
        MailFactory.create(booking=booking, recipient=Party.OWNER, due_at=timezone.now() - HOUR)
    assert deliver_all(kind) == [Outcome.DONE] * 4
