"""A client of two owners, of whom everything is held that can be: each text names its owner."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from booking.models import Act, Booking, Party
from calendars.models import Calendar, Occasion, Owner
from calendars.outbox.mailbox import BACKEND, OwnedEmail, write
from onetime_links.models import LinkRequest, OneTimeLink
from tests.booking.conftest import SUNDAY
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    ChangeFactory,
    LinkRequestFactory,
    MailFactory,
    OneTimeLinkFactory,
)

EMAIL = "cleo@example.com"
DAY = timedelta(days=1)

Fill = Callable[[Owner, str], None]


@pytest.fixture(autouse=True)
def now(settings: Any, tmp_path: Path, clock: object) -> datetime:
    settings.EMAIL_BACKEND = BACKEND
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return timezone.now()


@pytest.fixture
def both(olive: Owner, sam: Owner) -> tuple[Owner, Owner]:
    """Olive and Sam, of whom each holds everything of Cleo: with "Violet" and "Saffron" in it."""
    fill(olive, "Violet")
    fill(sam, "Saffron")
    return olive, sam


def fill(owner: Owner, mark: str) -> None:
    """Let everything be held of Cleo on three calendars, one of them deleted."""
    for n in range(3):
        calendar = CalendarFactory.create(
            owner=owner, time_zone="Asia/Tokyo", deleted_at=SUNDAY if n == 2 else None
        )
        fill_calendar(calendar, mark, past=SUNDAY - (n + 2) * DAY, coming=SUNDAY + (n + 2) * DAY)


def fill_calendar(calendar: Calendar, mark: str, *, past: datetime, coming: datetime) -> None:
    early = OneTimeLinkFactory.create(
        calendar=calendar, note=f"early {mark}", created_at=past - 9 * DAY, expires_at=past - DAY
    )
    link = OneTimeLinkFactory.create(
        calendar=calendar, note=f"note {mark}", replaces=early, created_at=past - DAY
    )
    LinkRequestFactory.create(link=early, client_name=f"Cleo {mark}", word=f"Word {mark}")
    came = book(calendar, mark, past, one_time_link=link)
    called_off = book(calendar, mark, coming, cancelled_at=SUNDAY, sequence=1)
    for booking in (came, called_off):
        MailFactory.create(booking=booking, done_at=past, error=f"unknown {mark}")
    MailFactory.create(
        booking=called_off, occasion=Occasion.CANCELLED, failed_at=SUNDAY, error=f"no {mark}"
    )
    MailFactory.create(booking=called_off, recipient=Party.OWNER, occasion=Occasion.CANCELLED)
    ChangeFactory.create(
        booking=called_off, act=Act.CANCELLED, at=SUNDAY, sequence=1, message=f"Ill, {mark}"
    )


def book(calendar: Calendar, mark: str, starts_at: datetime, **facts: Any) -> Booking:
    booking: Booking = BookingFactory.create(
        calendar=calendar,
        starts_at=starts_at,
        client_name=f"Cleo {mark}",
        client_email="Cleo@Example.com",
        client_time_zone="America/New_York",
        client_language="fr",
        answers=[{"question": "What?", "answer": f"Answer {mark}"}],
        created_at=starts_at - DAY,
        manage_token=f"manage{mark}{starts_at:%Y%m%d%H%M}{calendar.pk}",
        nonce=f"nonce{mark}{starts_at:%Y%m%d%H%M}{calendar.pk}",
        **facts,
    )
    keep_email(booking)
    return booking


def keep_email(booking: Booking) -> None:
    """Keep an email about the booking in the folder of its host, as a worker does."""
    mail = MailFactory.create(booking=booking, occasion=Occasion.RESCHEDULED, done_at=SUNDAY)
    headers = {"Message-ID": f"<{mail.uid}@quantix.example>"}
    write(
        OwnedEmail(
            subject=f"A booking of {booking.client_name}",
            body=booking.client_name,
            to=[booking.client_email],
            headers=headers,
            owner_id=booking.host_id,
        )
    )


def other_clients_things(calendar: Calendar) -> tuple[Booking, OneTimeLink, LinkRequest]:
    """Return what is held of Mark, whose address contains Cleo's."""
    link = OneTimeLinkFactory.create(calendar=calendar, note="for miscleo@example.com")
    request = LinkRequestFactory.create(
        link=OneTimeLinkFactory.create(calendar=calendar), word="cleo@example.com.au"
    )
    booking = BookingFactory.create(
        calendar=calendar, client_email="miscleo@example.com", starts_at=SUNDAY - 30 * DAY
    )
    return booking, link, request
