"""Tests of an email's sender and recipients, and of the headers that programs read."""

import re
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives

from booking.delivery.mail.compose import compose
from booking.models import Booking, Mail, Party
from calendars.models import Calendar, Occasion
from onetime_links.models import OneTimeLink
from tests.booking.conftest import SUNDAY
from tests.support.booking.composing import (
    EVERY_MAIL,
    HOSTILE_NAMES,
    book_overseas,
    change_of,
    mail_of,
    part,
    sent,
    text_of,
)
from tests.support.database.queries import at_most_queries
from tests.support.world.factories import BookingFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(link: OneTimeLink) -> Booking:
    return book_overseas(link)


def test_mail_comes_from_here_and_is_answered_to_the_other(booking: Booking, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Book & Co <post@book.example>"
    client, owner = (sent(mail_of(booking, Occasion.BOOKED, party)) for party in Party)
    assert (client["From"], client["To"], client["Reply-To"]) == (
        "Olive Owner via Book & Co <post@book.example>",
        "Cleo Client <cleo@example.com>",
        "Olive Owner <olive@example.com>",
    )
    assert (owner["From"], owner["To"], owner["Reply-To"]) == (
        "Book & Co <post@book.example>",
        "Olive Owner <olive@example.com>",
        "Cleo Client <cleo@example.com>",
    )


def test_sender_without_a_name_bears_the_owners(booking: Booking, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "post@book.example"
    client, owner = (sent(mail_of(booking, Occasion.BOOKED, party)) for party in Party)
    assert (client["From"], owner["From"]) == (
        "Olive Owner <post@book.example>",
        "post@book.example",
    )


@pytest.mark.parametrize("name", [*HOSTILE_NAMES, "Cleo\r\nBcc: eve@localhost\x00\u2028\x85"])
@pytest.mark.parametrize("recipient", Party)
def test_name_adds_no_header_and_no_address(
    booking: Booking, calendar: Calendar, recipient: Party, name: str
) -> None:
    plain = sent(mail_of(booking, Occasion.BOOKED, recipient))
    booking.client_name = calendar.owner.display_name = calendar.name = name
    mail = mail_of(booking, Occasion.RESCHEDULED, recipient)
    message = sent(mail)
    assert message.keys() == plain.keys()
    assert [len(message[header].addresses) for header in ("From", "To", "Reply-To")] == [1, 1, 1]
    read = re.sub(r"[\x00-\x1f\x7f-\x9f\s]+", " ", name).strip()
    assert message["To"].addresses[0].display_name == read
    assert message["To"].addresses[0].addr_spec == plain["To"].addresses[0].addr_spec
    assert read[:40] in message["Subject"]
    assert len(compose(mail).recipients()) == 1


@pytest.mark.parametrize(
    "email", ["o'neil+tag@example.com", '"odd local"@example.com', "cleo@bücher.example"]
)
def test_odd_address_is_written_to_as_it_is(booking: Booking, email: str) -> None:
    booking.client_email = email
    message = sent(mail_of(booking, Occasion.BOOKED, Party.CLIENT))
    (address,) = message["To"].addresses
    assert address.addr_spec == email.replace("bücher", "xn--bcher-kva")


def test_client_without_an_address_is_not_written_to(booking: Booking) -> None:
    booking.client_email = ""
    client, owner = (compose(mail_of(booking, Occasion.BOOKED, party)) for party in Party)
    assert (client.recipients(), owner.reply_to) == ([], [])
    assert "Reply to this email" not in owner.body


@pytest.mark.parametrize("email", ["cl\u0131o@example.com", f"cleo@{'ü' * 60}.example"])
def test_address_that_cannot_be_written_keeps_no_email_from_the_other(
    booking: Booking, calendar: Calendar, email: str
) -> None:
    def compose_to(recipient: Party) -> EmailMultiAlternatives:
        message = compose(mail_of(booking, Occasion.BOOKED, recipient))
        assert message.message().as_bytes()
        return message

    booking.client_email = email
    to_owner = compose_to(Party.OWNER)
    assert (to_owner.to, to_owner.reply_to) == (["Olive Owner <olive@example.com>"], [])
    booking.client_email, calendar.owner.email = "cleo@example.com", email
    to_client = compose_to(Party.CLIENT)
    assert (to_client.to, to_client.reply_to) == (["Cleo Client <cleo@example.com>"], [])


def test_every_try_is_the_same_message(booking: Booking) -> None:
    mail = mail_of(booking, Occasion.BOOKED, Party.CLIENT)
    first, second = sent(mail), sent(mail)
    assert first["Message-ID"] == second["Message-ID"] == f"<{mail.uid}@127.0.0.1>"
    assert part(first, "text/calendar") == part(second, "text/calendar")


def test_emails_of_one_booking_hang_together(booking: Booking, calendar: Calendar) -> None:
    other = BookingFactory.create(calendar=calendar)
    emails = [sent(mail_of(booking, occasion, party)) for occasion, party in EVERY_MAIL]
    stranger = sent(mail_of(other, Occasion.BOOKED, Party.CLIENT))
    assert len({email["Message-ID"] for email in emails}) == len(emails)
    assert len({email["References"] for email in emails}) == 1
    assert all(email["In-Reply-To"] == email["References"] for email in emails)
    assert stranger["References"] != emails[0]["References"]


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("https://book.example.com:8443", "book.example.com"),
        ("http://[::1]:8000", "[IPv6:::1]"),
        ("https://bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_message_is_named_after_the_installation(
    booking: Booking, settings: Any, base_url: str, host: str
) -> None:
    settings.BASE_URL = base_url
    mail = mail_of(booking, Occasion.BOOKED, Party.CLIENT)
    assert sent(mail)["Message-ID"] == f"<{mail.uid}@{host}>"
    assert f"{base_url}/manage/" in part(sent(mail), "text/plain")


def test_holiday_notices_need_not_answer(booking: Booking) -> None:
    message = sent(mail_of(booking, Occasion.REMINDER, Party.CLIENT))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"


def test_composing_asks_for_no_more_than_the_change(booking: Booking) -> None:
    change_of(booking, Occasion.CANCELLED)
    mail = mail_of(booking, Occasion.CANCELLED, Party.OWNER)
    facts = Mail.objects.select_related(
        "booking__calendar", "booking__host", "booking__one_time_link"
    )
    mail = facts.get(pk=mail.pk)
    with at_most_queries(1):
        compose(mail)


def test_link_of_a_deleted_calendar_leads_nowhere(booking: Booking, calendar: Calendar) -> None:
    calendar.deleted_at = SUNDAY
    text = text_of(booking, Occasion.CANCELLED, Party.OWNER)
    assert "Secret note about Ms Ito" in text
    assert "/calendars/" not in text
