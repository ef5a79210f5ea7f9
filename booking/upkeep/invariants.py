"""The invariants of a whole database, and sentences for those that are broken.

Every check is one statement that returns only the keys of the first few wrong rows, so a million
bookings need no more memory here than ten. A statement sees the database at a single moment, so the
checks may run while clients book.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import Exists, F, Max, OuterRef, QuerySet, RowRange, Window
from django.utils import timezone

from booking.models import LONGEST_BLOCK, Act, Booking, Change
from booking.privacy.personal import ERASED
from booking.upkeep.soundness import (
    Question,
    broken_files,
    broken_references,
    broken_rules,
    missing_migrations,
    missing_protections,
)
from calendars.models import Calendar, CalendarAddress
from onetime_links.invitations import working_links
from onetime_links.models import LinkRequest, OneTimeLink

EXAMPLES = 5


def examine() -> Iterator[str]:
    """Yield a sentence for each thing that is wrong with the database; none if it is sound."""
    if migrations := missing_migrations():
        # The other checks may need a column that is not there yet.
        yield f"Migrations that were not applied: {', '.join(migrations)}."
        return
    yield from (f"SQLite says of its file: {finding}." for finding in broken_files())
    yield from (f"SQLite says of its foreign keys: {finding}." for finding in broken_references())
    yield from (f"Gone from the database: {name}." for name in missing_protections())
    for what, keys in (*broken_rules(), *broken_facts()):
        if found := list(keys[: EXAMPLES + 1]):
            yield f"{what}: {_few(found)}."


def broken_facts() -> Iterator[Question]:
    """Yield the checks that no constraint can express, or that matter most for bookings."""
    now = timezone.now()
    broken = (broken_bookings(), broken_histories(), broken_calendars(), broken_invitations(at=now))
    for what, rows in chain.from_iterable(broken):
        # Sorting a million rows would take longer than reading them.
        yield what, rows.order_by().values_list("pk", flat=True)


def broken_calendars() -> Iterator[Question]:
    kept = CalendarAddress.objects.filter(slug=OuterRef("slug"), calendar=OuterRef("pk"))
    yield "Calendars whose address is not kept for them", Calendar.objects.exclude(Exists(kept))


def broken_invitations(*, at: datetime) -> Iterator[Question]:
    """Yield the checks that one link of an invitation works, and that nobody waits for it."""
    active = OneTimeLink.objects.active(at=at)
    others = working_links(OuterRef("pk"), at=at).exclude(pk=OuterRef("pk"))
    yield (
        "One-time links that work beside another of their invitation",
        active.filter(Exists(others), replaces__isnull=False),
    )
    yield (
        "Open requests for a one-time link that works",
        LinkRequest.objects.open().filter(link__in=active),
    )


def broken_bookings() -> Iterator[Question]:
    bookings = Booking.objects.all()
    yield "Live bookings that overlap another of their host", overlapping_bookings()
    yield (
        "Bookings that block more time than any can",
        bookings.filter(blocked_until__gt=F("blocked_from") + LONGEST_BLOCK),
    )
    yield (
        "Bookings whose host is not their calendar's owner",
        bookings.exclude(host=F("calendar__owner")),
    )
    by_link = bookings.filter(one_time_link__isnull=False)
    yield (
        "Bookings of another calendar than their one-time link",
        by_link.exclude(calendar=F("one_time_link__calendar")),
    )
    yield (
        "Bookings made when their one-time link had expired",
        by_link.filter(created_at__gte=F("one_time_link__expires_at")),
    )
    yield (
        "Bookings whose one-time link is revoked",
        by_link.filter(one_time_link__revoked_at__isnull=False),
    )
    yield (
        "Live bookings that were to come when their calendar was deleted",
        bookings.live().filter(ends_at__gt=F("calendar__deleted_at")),
    )
    yield (
        "Erased bookings that still hold their client",
        bookings.filter(erased_at__isnull=False).exclude(client_name=ERASED, client_email=""),
    )


def overlapping_bookings() -> QuerySet[Booking]:
    """Return the live bookings that begin before all earlier ones of their host are over.

    The window function finds them in one pass.
    """
    over = Window(
        Max("blocked_until"),
        partition_by="host",
        order_by=["blocked_from", "pk"],
        frame=RowRange(start=None, end=-1),
    )
    return Booking.objects.live().alias(over=over).filter(over__gt=F("blocked_from"))


def broken_histories() -> Iterator[Question]:
    """Yield the checks that a booking counts its changes and is where its last move put it."""
    changes = Change.objects.all()
    yield (
        "Changes that their booking has not counted",
        changes.filter(sequence__gt=F("booking__sequence")),
    )
    last = changes.filter(booking=OuterRef("pk"), sequence=OuterRef("sequence"))
    yield (
        "Bookings whose last change is not on record",
        Booking.objects.filter(sequence__gt=0).exclude(Exists(last)),
    )
    moves = changes.filter(act=Act.RESCHEDULED)
    later = moves.filter(booking=OuterRef("booking"), sequence__gt=OuterRef("sequence"))
    yield (
        "Moves of a booking to where it does not stand",
        moves.exclude(Exists(later)).exclude(moved_to=F("booking__starts_at")),
    )


def _few(keys: list[Any]) -> str:
    more = " and more" if len(keys) > EXAMPLES else ""
    return ", ".join(map(str, sorted(keys)[:EXAMPLES])) + more
