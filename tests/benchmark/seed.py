"""Fill a database for a benchmark: `python -m tests.benchmark.seed --bookings 1000000`.

It migrates and fills the empty database of TEST_DATABASE_URL. Keys, addresses and tokens follow
from numbers, so that the senders of requests need not ask the database for them.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import django
from django.core.management import call_command
from django.utils import timezone

if __name__ == "__main__":
    django.setup()

from booking.models import Booking, Mail, Party
from calendars.models import (
    Calendar,
    CalendarAddress,
    Occasion,
    Owner,
    WeeklyHours,
    day_and_hour_before,
)
from onetime_links.models import OneTimeLink
from tests.benchmark.bulk import fill, numbered, reset_sequences, settle

# Owners whose calendar is open day and night: the benchmark books there.
DESKS = range(1, 51)
BUSY = 60  # an owner with very many bookings, nearly all of them past
BOOKED_AHEAD = 59  # a desk with as many, all later than clients may book
LISTER = 61  # an owner whose calendars have few links or very many
LINKS_AT = {70: 0, 71: 0.01, 72: 0.1, 73: 1}  # calendars, and their part of the most links
FEW_LINKS_AT, MANY_LINKS_AT, FEW_LINKS = 70, 73, 30
SHAPER = 66  # an owner whose calendars differ in their hours and rules
RANGES_AT = {80 + ranges: ranges for ranges in (1, 2, 4, 8)}  # ranges a day
# On the first of any month, so many days ahead reach the end of the next one, which is measured.
MONTH_AHEAD = 62
WINDOWS_AT = {90: MONTH_AHEAD, 91: 120, 92: 240, 93: 480, 94: 730}  # days ahead
DESK_WINDOW = 730
FIRST_NAMES = ("Cleo", "Sam", "Olive", "Ines", "Ada", "Jürgen", "Ōta", "Noor", "Wei", "Tomás")
HOLDERS = {62: 30, 63: 100, 64: 300, 65: 1000}  # owners, and how many calendars they have
FIRST_ORDINARY = 1001  # the first of all the others
BOOKINGS_EACH, UPCOMING_EACH = 100, 40
ACTIVE_LINKS_EACH = 5
# A booking's emails are due at once, or as reminders before its start.
REMINDERS = [timedelta(minutes=minutes) for minutes in day_and_hour_before()]
MAILS_EACH = 2 + len(REMINDERS)

ZONE = ZoneInfo("Europe/Berlin")
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
SLOTS_A_DAY = 16
OFFICE_HOURS = [(weekday, 9 * 60, 17 * 60) for weekday in range(5)]
ALL_HOURS = [(weekday, 0, 24 * 60) for weekday in range(7)]


@dataclass(frozen=True)
class Size:
    """The numbers of bookings, of a busy owner's bookings, and of one calendar's links."""

    bookings: int
    busy: int = 0
    links: int = 0

    @property
    def ordinary(self) -> range:
        """The keys of the owners who have a calendar, a hundred bookings and a few links.

        Their calendars have the same keys.
        """
        return range(FIRST_ORDINARY, FIRST_ORDINARY + self.bookings // BOOKINGS_EACH)


def slug_of(calendar: int) -> str:
    return f"calendar-{calendar}"


def token_of(kind: str, number: int) -> str:
    return sha256(f"{kind} {number}".encode()).hexdigest()[:32]


def active_link(calendar: int, number: int = 0) -> str:
    """Return the token of one of the calendar's links that nobody has used."""
    return token_of("active link", calendar * ACTIVE_LINKS_EACH + number)


def month_ahead(now: datetime) -> date:
    """Return the first day of the next month, all of which can be booked."""
    return (now.astimezone(ZONE).date().replace(day=1) + 31 * DAY).replace(day=1)


def seed(size: Size, *, now: datetime) -> None:
    desks = [*DESKS, BOOKED_AHEAD]
    _owners([*desks, BUSY, LISTER, *HOLDERS, SHAPER, *size.ordinary], now=now)
    _calendars(((pk, pk) for pk in size.ordinary), OFFICE_HOURS, now=now)
    _calendars(
        ((pk, pk) for pk in desks),
        ALL_HOURS,
        now=now,
        time_zone="UTC",
        booking_window_days=DESK_WINDOW,
    )
    _active_links(size.ordinary, now=now)
    _bookings(_owners_bookings(size.ordinary, now=now), now=now)
    if size.busy:
        _busy_owner(size.busy, now=now)
    if size.links:
        _long_lists(size.links, now=now)
    _shapes(now=now)
    reset_sequences(Owner, Calendar)


def _busy_owner(bookings: int, *, now: datetime) -> None:
    """Make an owner with many past bookings, and one with as many beyond the window."""
    _calendars([(BUSY, BUSY)], OFFICE_HOURS, now=now)
    _active_links([BUSY], now=now)
    past = past_starts(bookings - UPCOMING_EACH, now=now)
    starts = [*upcoming_starts(UPCOMING_EACH, now=now), *past]
    _bookings(((BUSY, start) for start in starts), now=now)
    first = nine_o_clock(now, DESK_WINDOW + 10)
    _bookings(((BOOKED_AHEAD, first + n * HALF_HOUR) for n in range(bookings)), now=now)


def _long_lists(links: int, *, now: datetime) -> None:
    """Make calendars with more and more links, and owners with more and more calendars."""
    _calendars(((calendar, LISTER) for calendar in LINKS_AT), OFFICE_HOURS, now=now)
    for calendar, part in LINKS_AT.items():
        _noted_links(calendar, max(FEW_LINKS, int(part * links)), now=now)
    _use_links(LISTER, now=now)
    for owner, count in HOLDERS.items():
        calendars = range(1000 * owner, 1000 * owner + count)
        _calendars(((calendar, owner) for calendar in calendars), OFFICE_HOURS, now=now)
        _active_links(calendars, now=now)


def _noted_links(calendar: int, count: int, *, now: datetime) -> None:
    """Make links with notes: three of ten expire unless they are used, and few are revoked."""
    second = timedelta(seconds=1)
    rows = (
        (
            calendar,
            token_of(f"noted link {calendar}", n),
            f"{FIRST_NAMES[n % len(FIRST_NAMES)]} of company {n:06}",
            now - 30 * DAY - n * second,
            now - DAY if n % 10 > 6 else None,
            now - DAY if n % 100 == 7 else None,
        )
        for n in range(count)
    )
    names = ["calendar_id", "token", "note", "created_at", "expires_at", "revoked_at"]
    fill(OneTimeLink, names, rows)


def _shapes(*, now: datetime) -> None:
    """Make calendars with more and more ranges a day, and with longer and longer windows."""
    for calendar, ranges in RANGES_AT.items():
        length = 8 * 60 // ranges
        starts = [9 * 60 + n * length for n in range(ranges)]
        hours = [(day, start, start + length - 15) for day in range(5) for start in starts]
        _calendars([(calendar, SHAPER)], hours, now=now)
    for calendar, days in WINDOWS_AT.items():
        _calendars([(calendar, SHAPER)], OFFICE_HOURS, now=now, booking_window_days=days)


def _use_links(owner: int, *, now: datetime) -> None:
    """Book by half of an owner's links, of every age and kind, long ago."""
    links = OneTimeLink.objects.filter(calendar__owner=owner, revoked_at=None)
    keys = list(links.order_by("pk").values_list("calendar", "pk"))[::2]
    starts = past_starts(len(keys), now=now)
    _booked(((owner, *key, start) for key, start in zip(keys, starts, strict=True)), now=now)


def _owners(keys: Iterable[int], *, now: datetime) -> None:
    rows = ((pk, f"owner{pk}@example.com", f"Owner {pk}") for pk in keys)
    fill(Owner, ["id", "email", "display_name"], rows, password="!", created_at=now)


def _calendars(
    pairs: Iterable[tuple[int, int]],
    hours: list[tuple[int, int, int]],
    *,
    now: datetime,
    **fields: Any,
) -> None:
    """Make a calendar with its address and hours for each pair of its key and its owner's."""
    pairs = list(pairs)
    constants = {
        "time_zone": ZONE.key,
        "created_at": now - 40 * DAY,
        "booking_window_days": MONTH_AHEAD,
        **fields,
    }
    rows = ((pk, owner, f"Calendar {pk}", slug_of(pk)) for pk, owner in pairs)
    fill(Calendar, ["id", "owner_id", "name", "slug"], rows, **constants)
    addresses = ((slug_of(pk), pk) for pk, _ in pairs)
    fill(CalendarAddress, ["slug", "calendar_id"], addresses, created_at=now)
    weekly = ((pk, *each) for pk, _ in pairs for each in hours)
    fill(WeeklyHours, ["calendar_id", "weekday", "start_minute", "end_minute"], weekly)


def _active_links(calendars: Iterable[int], *, now: datetime) -> None:
    rows = (
        (pk, active_link(pk, number)) for pk in calendars for number in range(ACTIVE_LINKS_EACH)
    )
    fill(OneTimeLink, ["calendar_id", "token"], rows, created_at=now - DAY)


def _owners_bookings(owners: Iterable[int], *, now: datetime) -> Iterator[tuple[int, datetime]]:
    """Return each owner's bookings: some to come, the same for all, and the rest in the past."""
    past = BOOKINGS_EACH - UPCOMING_EACH
    starts = [*upcoming_starts(UPCOMING_EACH, now=now), *past_starts(past, now=now)]
    return ((owner, start) for owner in owners for start in starts)


def upcoming_starts(count: int, *, now: datetime) -> list[datetime]:
    """Return one start on every working day from the day after tomorrow on, at different hours."""
    days = (nine_o_clock(now, number) for number in range(2, 2 + 2 * count))
    working = [day for day in days if day.astimezone(ZONE).weekday() < 5][:count]
    return [day + (number % SLOTS_A_DAY) * HALF_HOUR for number, day in enumerate(working)]


def past_starts(count: int, *, now: datetime) -> list[datetime]:
    """Return starts from morning to evening of every day until yesterday, the oldest first."""
    return sorted(
        nine_o_clock(now, -1 - number // SLOTS_A_DAY) + number % SLOTS_A_DAY * HALF_HOUR
        for number in range(count)
    )


def nine_o_clock(now: datetime, days: int) -> datetime:
    """Return 9:00 in the calendars' zone, `days` days from now, as UTC."""
    local = (now.astimezone(ZONE) + days * DAY).replace(hour=9, minute=0, second=0, microsecond=0)
    return local.astimezone(UTC)


def _bookings(pairs: Iterable[tuple[int, datetime]], *, now: datetime) -> None:
    """Make bookings from pairs of calendar and start, half of them by a one-time link.

    A calendar's key is also its owner's.
    """
    pairs = list(pairs)
    first = 1 + _last(OneTimeLink)
    links = ((owner, token_of("used link", first + n)) for n, (owner, _) in enumerate(pairs[::2]))
    names = ["id", "calendar_id", "token"]
    fill(OneTimeLink, names, numbered(links, first), created_at=now - 3 * DAY)
    reset_sequences(OneTimeLink)
    _booked(
        (
            (owner, owner, None if n % 2 else first + n // 2, start)
            for n, (owner, start) in enumerate(pairs)
        ),
        now=now,
    )


def _booked(facts: Iterable[tuple[int, int, int | None, datetime]], *, now: datetime) -> None:
    """Make bookings by owner, calendar, link and start, each with the emails that a calendar sends.

    Values that rise with time in production rise here too, as that decides how full an index is.
    """
    facts, first = list(facts), 1 + _last(Booking)
    rows = (
        (
            *fact,
            *(fact[-1] + HALF_HOUR, fact[-1], fact[-1] + HALF_HOUR),
            *(rising("b", pk), token_of("manage", pk), rising("n", pk)),
        )
        for pk, fact in enumerate(facts, first)
    )
    fill(
        Booking,
        [
            *("id", "host_id", "calendar_id", "one_time_link_id", "starts_at", "ends_at"),
            *("blocked_from", "blocked_until", "uid", "manage_token", "nonce"),
        ],
        numbered(rows, first),
        client_name="Cleo Client",
        client_email="cleo@example.com",
        client_time_zone=ZONE.key,
        created_at=now - 2 * DAY,
    )
    reset_sequences(Booking)
    mails = (
        mail for pk, (*_, start) in enumerate(facts, first) for mail in _mails(pk, start, now=now)
    )
    names = ["booking_id", "uid", "starts_at", "ends_at", "occasion", "recipient"]
    fill(Mail, [*names, "due_at", "next_try_at", "done_at"], mails, sequence=0)


def _mails(booking: int, start: datetime, *, now: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield a booking's emails: all are sent, except reminders that are still to come."""
    made = now - 2 * DAY
    told = [(Occasion.BOOKED, party, made) for party in Party]
    reminders = [(Occasion.REMINDER, Party.CLIENT, start - before) for before in REMINDERS]
    for number, (occasion, party, due) in enumerate((*told, *reminders)):
        sent = due if due <= now else None
        uid = rising("m", MAILS_EACH * booking + number)
        yield booking, uid, start, start + HALF_HOUR, occasion, party, due, due, sent


def rising(kind: str, number: int) -> str:
    """Return 32 hexadecimal digits that sort after those of all smaller numbers."""
    return f"{ord(kind):04x}{number:028x}"


def _last(model: type[OneTimeLink | Booking]) -> int:
    latest = model.objects.order_by("-pk").values_list("pk", flat=True).first()
    return latest or 0


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.seed")
    parser.add_argument("--bookings", type=int, default=1_000_000, help="by hundreds")
    parser.add_argument("--busy", type=int, default=0, help="bookings of one owner besides")
    parser.add_argument("--links", type=int, default=0, help="links of one calendar besides")
    wanted = parser.parse_args(arguments)
    started = time.monotonic()
    call_command("migrate", verbosity=0)
    seed(Size(**vars(wanted)), now=timezone.now())
    settle()
    sys.stdout.write(
        f"{Booking.objects.count():,} bookings in {time.monotonic() - started:.0f} s\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
