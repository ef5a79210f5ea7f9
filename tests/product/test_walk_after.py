"""A walk from a booking to its cancellation, in a browser, with a worker's emails in between."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from django.utils import timezone
from playwright.sync_api import Page, expect

from booking.models import Booking, Mail
from calendars.models import MAX_WINDOW_DAYS, Calendar, Occasion, Owner
from onetime_links.models import OneTimeLink
from tests.support.pages.browser import PHONE, Pages, sign_in
from tests.support.servers.smtp import Postbox, smtp_server
from tests.support.servers.workers import wait_until, worker
from tests.support.world.factories import CalendarFactory, OneTimeLinkFactory

BERLIN = "Europe/Berlin"
DAY = timedelta(days=1)
CLIENT, OWNER = "cleo@example.com", "olive@example.com"


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    """A calendar in Tokyo that is always open, so that the day of the test does not matter."""
    return CalendarFactory.create(
        owner=olive,
        name="Discovery call",
        slug="discovery-call",
        time_zone="Asia/Tokyo",
        hours=[(weekday, 0, 24 * 60) for weekday in range(7)],
        booking_window_days=MAX_WINDOW_DAYS,
    )


@pytest.fixture
def link(calendar: Calendar) -> OneTimeLink:
    return OneTimeLinkFactory.create(calendar=calendar, note="Acme, Ms Ito")


@pytest.fixture
def postbox(pages: Pages, checkout: Path, tmp_path: Path) -> Iterator[Postbox]:
    """A server that receives the emails of a worker."""
    with smtp_server() as postbox:
        variables = {"EMAIL_URL": postbox.url, "BASE_URL": pages.base_url}
        with worker(checkout, tmp_path / "worker.log", **variables):
            yield postbox


def arrived(postbox: Postbox, *recipients: str) -> dict[str, EmailMessage]:
    """Return the new emails, one to each of the recipients and to nobody else."""
    wait_until(lambda: len(postbox.received) >= len(recipients))
    messages = {str(message["To"].addresses[0].addr_spec): message for message in postbox.received}
    assert sorted(messages) == sorted(recipients)
    assert len(postbox.received) == len(recipients)
    postbox.received.clear()
    return messages


def part(message: EmailMessage, kind: str) -> str:
    texts = [each.get_content() for each in message.walk() if each.get_content_type() == kind]
    return str(texts[0])


def words(message: EmailMessage) -> str:
    return " ".join(part(message, "text/plain").split())


def follow(page: Page, message: EmailMessage, name: str) -> None:
    """Open an email, and follow its link of that name."""
    page.goto("about:blank")  # Quantix's own pages allow no styles like an email's.
    page.set_content(part(message, "text/html"))
    page.get_by_role("link", name=name).click()


def choose(page: Page, address: str, day: date) -> None:
    """Choose ten o'clock by the client's own clock."""
    page.goto(f"{address}?day={day.isoformat()}")
    expect(page.get_by_text("Times in Berlin time")).to_be_visible()
    page.get_by_role("link", name="10:00", exact=True).click()


def when_clocks_have_changed(start: datetime) -> date:
    """Return the date after the next change of the clocks in Berlin."""
    here = ZoneInfo(BERLIN)
    days = (start + n * DAY for n in range(1, MAX_WINDOW_DAYS))
    offset = start.astimezone(here).utcoffset()
    changed = next(day for day in days if day.astimezone(here).utcoffset() != offset)
    return (changed + DAY).astimezone(here).date()


def test_every_step_of_a_booking_reaches_both_by_email(
    new_page: Callable[..., Page], calendar: Calendar, link: OneTimeLink, postbox: Postbox
) -> None:
    mails: list[dict[str, EmailMessage]] = []
    # The client books by the link.
    client_page = new_page(**PHONE, timezone_id=BERLIN)
    choose(client_page, link.get_absolute_url(), timezone.now().date() + 3 * DAY)
    client_page.get_by_label("Name").fill("Cleo Client")
    client_page.get_by_label("Email").fill(CLIENT)
    client_page.get_by_role("button", name="Confirm booking").click()
    expect(client_page.get_by_role("heading", name="You’re booked")).to_be_visible()
    booked = Booking.objects.get()
    mails.append(arrived(postbox, CLIENT, OWNER))
    assert link.note in words(mails[0][OWNER])
    assert link.note not in mails[0][CLIENT].as_string()

    # The client comes back by the email and moves the booking beyond the change of the clocks.
    follow(client_page, mails[0][CLIENT], "Reschedule or cancel")
    client_page.get_by_role("link", name="Reschedule").click()
    choose(client_page, client_page.url.split("?")[0], when_clocks_have_changed(booked.starts_at))
    client_page.get_by_label("Message to Olive Owner").fill("The train is late.")
    client_page.get_by_role("button", name="Confirm new time").click()
    expect(client_page.get_by_role("heading", name="Your booking was moved")).to_be_visible()
    moved = Booking.objects.get()
    assert (moved.starts_at - booked.starts_at) % DAY in {timedelta(hours=1), timedelta(hours=23)}
    mails.append(arrived(postbox, CLIENT, OWNER))
    assert "10:00–10:30 Berlin time" in words(mails[1][CLIENT])
    assert "The train is late." in words(mails[1][OWNER])

    # The client is reminded once of the new time.
    assert let_the_next_reminder_fall_due().starts_at == moved.starts_at
    [reminder] = arrived(postbox, CLIENT).values()
    assert "10:00–10:30" in words(reminder)

    # The owner cancels, by way of their email.
    owner_page = new_page()
    sign_in(owner_page, calendar.owner)
    follow(owner_page, mails[1][OWNER], "Open the booking")
    owner_page.get_by_role("link", name="Cancel").click()
    owner_page.get_by_label("Message").fill("The room is flooded.")
    owner_page.get_by_role("button", name="Cancel booking").click()
    expect(owner_page.get_by_role("status").first).to_contain_text("The time is free again.")
    mails.append(arrived(postbox, CLIENT, OWNER))
    assert "The room is flooded." in words(mails[2][CLIENT])
    wait_until(lambda: not Mail.objects.waiting().exists())
    assert Mail.objects.filter(dropped_at=None).count() == 7

    for recipient in (CLIENT, OWNER):
        entries = [vobject.readOne(part(each[recipient], "text/calendar")) for each in mails]
        assert [facts_of(entry) for entry in entries] == [
            ("REQUEST", str(booked.uid), "0", booked.starts_at),
            ("REQUEST", str(booked.uid), "1", moved.starts_at),
            ("CANCEL", str(booked.uid), "2", moved.starts_at),
        ]


def let_the_next_reminder_fall_due() -> Mail:
    reminder = Mail.objects.waiting().filter(occasion=Occasion.REMINDER).earliest("due_at")
    reminder.due_at = reminder.next_try_at = timezone.now()
    reminder.save(update_fields=["due_at", "next_try_at"])
    return reminder


def facts_of(entry: Any) -> tuple[str, str, str, datetime]:
    event = entry.vevent
    uid = event.uid.value.split("@")[0]
    return entry.method.value, uid, event.sequence.value, event.dtstart.value
