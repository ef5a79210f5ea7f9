from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from booking.delivery.mail.kind import BookingMails
from booking.models import Booking, Mail
from calendars.models import Calendar, Owner
from calendars.outbox.postman import Postman
from onetime_links.models import OneTimeLink
from tests.support.servers.smtp import Postbox, smtp_server, use_server
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    MailFactory,
    OneTimeLinkFactory,
)

# The instant at which the tests of the client's pages take place. Their calendar is open on
# weekdays, from 9 to 17.
SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PUBLIC = "/book/discovery-call/"
# A description as long as those that owners write, and as hard to compress.
DESCRIPTION = """\
A first talk about what you have in mind and whether I am the right one for it. Please bring a
sketch, a photo or a plan of the rooms, however rough, and a word on what you would like to spend.

We meet in my studio, by the canal behind the old post office; ring twice and come up to the second
floor. Dogs are welcome. If you would rather talk by video, say so below and I will send you an
address for it the evening before."""


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    return CalendarFactory.create(
        owner=olive, name="Discovery call", slug="discovery-call", location="Room 5"
    )


@pytest.fixture
def signed_in(client: Client, olive: Owner) -> Client:
    client.force_login(olive)
    return client


@pytest.fixture
def link(calendar: Calendar) -> OneTimeLink:
    return OneTimeLinkFactory.create(calendar=calendar, note="Secret note about Ms Ito")


@pytest.fixture
def booking(calendar: Calendar) -> Booking:
    """Return a booking that starts in two days."""
    return BookingFactory.create(calendar=calendar, starts_at=timezone.now() + timedelta(days=2))


@pytest.fixture
def mail(booking: Booking) -> Mail:
    """Return an email that tells Cleo of her booking; it has been due for an hour."""
    return MailFactory.create(booking=booking, due_at=timezone.now() - timedelta(hours=1))


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    """Yield the postbox of a real SMTP server that receives the emails of this test."""
    with smtp_server() as postbox:
        use_server(settings, postbox.port)
        yield postbox


@pytest.fixture
def kind() -> Iterator[BookingMails]:
    """Yield the kind of delivery for emails of bookings; close its connection after the test."""
    kind = BookingMails(Postman())
    yield kind
    kind.rest()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stop the clock at SUNDAY."""
    with time_machine.travel(SUNDAY, tick=False) as traveller:
        yield traveller
