"""A full calendar in every condition, for screens that show it."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from booking.models import Act, Booking
from booking.owner.feed import open_feed
from calendars.models import Calendar, DateOverride, Occasion, Owner
from calendars.throttling.throttle import LIMITER
from onetime_links.models import OneTimeLink
from tests.support.pages.parsing import reset_address
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    ChangeFactory,
    LinkRequestFactory,
    MailFactory,
    OneTimeLinkFactory,
    OwnerFactory,
    TimeOffFactory,
)

SECTION = "/calendars/discovery-call/one-time-links/"
DAY = timedelta(days=1)
HALF_HOUR = timedelta(minutes=30)
ALWAYS = [(weekday, 0, 24 * 60) for weekday in range(7)]
QUESTIONS = [
    {"label": "What is it about?", "kind": "text", "required": False},
    {"label": "Tell us more", "kind": "long", "required": True},
    {"label": "I have read the terms", "kind": "checkbox", "required": True},
]


@dataclass(frozen=True)
class World:
    """A full calendar in every condition, an owner of nothing, and the addresses of its pages."""

    olive: Owner
    nemo: Owner
    call: Calendar
    addresses: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls) -> "World":
        olive = OwnerFactory.create(display_name="Olive Owner", is_staff=True, is_superuser=True)
        world = cls(
            olive,
            OwnerFactory.create(display_name="Nemo Nobody"),
            CalendarFactory.create(
                owner=olive,
                name="Discovery call",
                slug="discovery-call",
                hours=ALWAYS,
                description="What you need, and whether we can help.\n\nBring nothing.",
                location="Video call",
                questions=QUESTIONS,
                owner_mails=list(Occasion.values),
            ),
        )
        open_feed(owner=olive)
        world.make_calendars()
        world.make_links()
        world.make_bookings()
        world.make_bookings_with_a_past()
        world.make_throttled()
        world.addresses["reset"] = reset_address(olive)
        world.add_records()
        return world

    def make_calendars(self) -> None:
        calendars: dict[str, dict[str, Any]] = {
            "paused": {"paused_at": timezone.now()},
            "closed": {"hours": []},
            "full": {"hours": ALWAYS, "booking_window_days": 100},
            "gone": {"deleted_at": timezone.now()},
        }
        for slug, facts in calendars.items():
            calendar = CalendarFactory.create(owner=self.olive, slug=slug, **facts)
            self.addresses[f"{slug}-link"] = self.link(calendar=calendar)
        today = timezone.now().date()
        full = Calendar.objects.get(slug="full")
        DateOverride.objects.bulk_create(
            DateOverride(calendar=full, date=today + n * DAY) for n in range(-1, 62)
        )
        self.addresses["override"] = f"/calendars/full/availability/overrides/{today}/"
        time_off = TimeOffFactory.create(host=self.olive, note="A holiday")
        self.addresses["time-off"] = f"/bookings/time-off/{time_off.pk}/"

    def link(self, **facts: Any) -> str:
        address: str = OneTimeLinkFactory.create(**facts).get_absolute_url()
        return address

    def make_links(self) -> None:
        now = timezone.now()
        made = {"calendar": self.call, "created_at": now - 9 * DAY}
        self.addresses["link"] = self.link(**made, note="Acme, Ms Ito", expires_at=now + 9 * DAY)
        self.addresses["expired"] = self.link(**made, expires_at=now - DAY)
        self.addresses["revoked"] = self.link(**made, revoked_at=now - DAY)
        self.addresses["revoked-now"] = self.link(**made, note="Beta GmbH", revoked_at=now)
        asked = OneTimeLinkFactory.create(**made, revoked_at=now - 2 * DAY)
        LinkRequestFactory.create(link=asked, word="I was ill.\nIs there another?")
        self.addresses["asked"] = asked.get_absolute_url()
        self.addresses["edit-link"] = f"{SECTION}{asked.pk}/"

    def make_bookings(self) -> None:
        now = timezone.now()
        noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
        used = OneTimeLinkFactory.create(calendar=self.call, note="W" * 60)
        self.addresses["used"] = used.get_absolute_url()
        book = partial(BookingFactory.create, calendar=self.call)
        upcoming = book(starts_at=noon + 3 * DAY, one_time_link=used)
        moved = book(starts_at=noon + 4 * DAY, sequence=1, answers=ANSWERS)
        cancelled = book(starts_at=noon + 5 * DAY, cancelled_at=now)
        over = book(starts_at=noon - 3 * DAY)
        ChangeFactory.create(booking=cancelled, message="I am ill.")
        ChangeFactory.create(
            booking=moved,
            act=Act.RESCHEDULED,
            sequence=1,
            moved_from=noon + 3 * DAY,
            moved_to=noon + 4 * DAY,
            message="The train is late.",
        )
        self.keep_bookings(upcoming=upcoming, moved=moved, cancelled=cancelled, over=over)
        self.addresses["month"] = f"{noon:%Y-%m}"
        self.addresses["at"] = f"{noon + 6 * DAY:%Y-%m-%dT%H:%MZ}"
        self.addresses["day"] = f"{noon + 3 * DAY:%Y-%m-%d}"

    def make_bookings_with_a_past(self) -> None:
        """Make a client who did not come, a failed email and a waiting one, and replaced links."""
        now = timezone.now()
        book = partial(BookingFactory.create, calendar=self.call)
        missed = book(starts_at=now - 4 * DAY, no_show_at=now)
        ChangeFactory.create(booking=missed, act=Act.NO_SHOW)
        troubled = book(starts_at=now + 7 * DAY)
        error = "The mail server refuses the recipient: 550 No such user"
        MailFactory.create(booking=troubled, failed_at=now, error=error)
        MailFactory.create(booking=troubled, sequence=1, due_at=now - DAY)
        links = [OneTimeLinkFactory.create(calendar=self.call, note="Gamma") for _ in range(2)]
        replaceable, replaced = (
            book(one_time_link=link, starts_at=now + 8 * DAY, cancelled_at=now) for link in links
        )
        OneTimeLinkFactory.create(calendar=self.call, note="Gamma", replaces=links[1])
        self.keep_bookings(
            missed=missed, troubled=troubled, replaceable=replaceable, replaced=replaced
        )

    def make_throttled(self) -> None:
        """Make a link, a revoked link and a booking whose forms were sent too often."""
        now = timezone.now()
        link, revoked = (
            OneTimeLinkFactory.create(calendar=self.call, revoked_at=revoked_at)
            for revoked_at in (None, now - DAY)
        )
        booking = BookingFactory.create(calendar=self.call, starts_at=now + 9 * DAY)
        for party in (f"{link.pk}", f"ask {revoked.pk}", f"manage {booking.pk}"):
            for limit in settings.LIMITS["bookings_per_link"]:
                LIMITER.hit(limit, "bookings_per_link", party, cost=limit.amount)
        self.addresses["throttled-link"] = link.get_absolute_url()
        self.addresses["throttled-revoked"] = revoked.get_absolute_url()
        self.keep_bookings(throttled=booking)

    def keep_bookings(self, **bookings: Booking) -> None:
        for name, booking in bookings.items():
            self.addresses[name] = booking.get_absolute_url()
            self.addresses[f"{name}-row"] = f"/bookings/{booking.pk}/"
            self.addresses[f"{name}-token"] = booking.manage_token

    def add_records(self) -> None:
        """Add the admin's pages for one record of each kind that staff look after."""
        for record in (
            self.call,
            self.olive,
            *Booking.objects.all()[:1],
            *OneTimeLink.objects.all()[:1],
        ):
            meta = record._meta
            name = f"admin:{meta.app_label}_{meta.model_name}"
            self.addresses[f"admin-{meta.model_name}"] = reverse(f"{name}_change", args=[record.pk])
            self.addresses[f"admin-{meta.model_name}s"] = reverse(f"{name}_changelist")

    def owner(self, who: str) -> Owner:
        return {"olive": self.olive, "nemo": self.nemo}[who]


ANSWERS = [
    {"question": "What is it about?", "answer": "Tables\nand chairs"},
    {"question": "I have read the terms", "answer": True},
]
