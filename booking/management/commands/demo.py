import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from booking.acts.book import Client, book_slot
from booking.models import Booking
from booking.times.offers import load_window
from calendars.kit.tokens import make_token
from calendars.lifecycle import create_calendar
from calendars.models import Calendar, Owner
from calendars.outbox import mailbox
from onetime_links.links import generate_link, revoke_link
from onetime_links.models import OneTimeLink

EMAIL = "demo@example.com"


class Command(BaseCommand):
    help = "Fills an empty database with an owner, two calendars, links and bookings to look at."

    def handle(self, *args: Any, **options: Any) -> None:
        if Owner.objects.exists():
            self.stdout.write("The database has users already: no demo data.")
            return
        password = os.environ.get("DEMO_PASSWORD")
        if not password:
            raise CommandError("DEMO_PASSWORD is not set: the demo owner needs a password.")
        fill(password, now=timezone.now())
        self.stdout.write(f"Demo data is in. Sign in as {EMAIL}.")


def fill(password: str, *, now: datetime) -> None:
    owner = Owner.objects.create_user(
        EMAIL, password, display_name="Dana Reyes", time_zone="Europe/Berlin"
    )
    discovery = create_calendar(
        owner=owner, name="Discovery call", slug="discovery-call", time_zone="Europe/Berlin"
    )
    discovery.description = (
        "Half an hour to see whether we fit: what you need, what it costs, what comes next."
    )
    discovery.location = "Video call, link in the confirmation"
    discovery.save(update_fields=["description", "location"])
    onboarding = create_calendar(
        owner=owner, name="Onboarding", slug="onboarding", time_zone="Europe/Berlin"
    )
    onboarding.duration_minutes, onboarding.colour = 60, "violet"
    onboarding.save(update_fields=["duration_minutes", "colour"])
    with silence(discovery, onboarding):
        fill_links(discovery, now=now)
        book(onboarding, None, "Noor Haddad", "noor@example.com", nth=9, now=now)


@contextmanager
def silence(*calendars: Calendar) -> Iterator[None]:
    """Keep the calendars from sending emails to made-up people, if there is a mail server."""
    if mailbox.is_in_use():
        yield
        return
    Calendar.objects.update(client_mails=[], owner_mails=[])
    yield
    Calendar.objects.bulk_update(calendars, ["client_mails", "owner_mails"])


def fill_links(calendar: Calendar, *, now: datetime) -> None:
    """Make at least one link of every status."""
    generate_link(calendar=calendar, note="Referral from Ben", now=now - timedelta(hours=3))
    generate_link(
        calendar=calendar,
        note="Acme, Ms Ito",
        expires_at=now + timedelta(days=9),
        now=now - timedelta(hours=2),
    )
    generate_link(
        calendar=calendar,
        note="Spring campaign",
        expires_at=now - timedelta(days=1),
        now=now - timedelta(days=8),
    )
    wrong = generate_link(
        calendar=calendar, note="Sent to the wrong address", now=now - timedelta(days=2)
    )
    revoke_link(link=wrong, now=now - timedelta(days=1))
    used = generate_link(calendar=calendar, note="Beta GmbH", now=now - timedelta(days=3))
    book(calendar, used, "Jo Berg", "jo@beta.example", nth=4, now=now)
    another = generate_link(calendar=calendar, now=now - timedelta(days=4))
    book(calendar, another, "Ada Okafor", "ada@example.com", nth=21, now=now)


def book(
    calendar: Calendar,
    link: OneTimeLink | None,
    name: str,
    email: str,
    *,
    nth: int,
    now: datetime,
) -> Booking:
    """Book the nth free slot, as a client would."""
    slots = load_window(calendar, now=now).search(now, nth)
    client = Client(name=name, email=email, time_zone=calendar.time_zone, language="en")
    return book_slot(
        calendar=calendar, link=link, slot=slots[-1], client=client, nonce=make_token(), now=now
    )
