"""`manage.py check_invariants` passes a sound database and names what is broken in another.

The tests break it by SQL that goes around the code and around the database's own protection.
"""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any, NamedTuple

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from booking.guards import GUARDS
from booking.models import Act, Booking, Change, Party
from booking.upkeep.invariants import EXAMPLES, examine
from calendars.kit.databases import database_in_words
from calendars.models import Calendar, Owner
from onetime_links.models import OneTimeLink
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    LinkRequestFactory,
    OneTimeLinkFactory,
)

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MADE = START - 48 * HOUR


@pytest.fixture(autouse=True)
def booking(calendar: Calendar) -> Booking:
    """Return a booking that was made by a one-time link and moved twice."""
    link = OneTimeLinkFactory.create(
        calendar=calendar, created_at=MADE - HOUR, expires_at=MADE + HOUR
    )
    booking: Booking = BookingFactory.create(
        calendar=calendar, one_time_link=link, starts_at=START, created_at=MADE, sequence=2
    )
    for sequence in (1, 2):
        move(booking, sequence)
    return booking


@pytest.fixture
def neighbour(calendar: Calendar, booking: Booking) -> Booking:
    """Return another booking of the same owner, which begins where the first one ends."""
    other = CalendarFactory.create(owner=calendar.owner)
    return BookingFactory.create(calendar=other, starts_at=booking.blocked_until, created_at=MADE)


def move(booking: Booking, sequence: int) -> None:
    Change.objects.create(
        booking=booking,
        act=Act.RESCHEDULED,
        by=Party.CLIENT,
        at=MADE,
        sequence=sequence,
        moved_from=START - HOUR,
        moved_to=START + HOUR if sequence == 1 else START,
    )


class Fault(NamedTuple):
    """Statements that break something, and the finding that must name it.

    `strip` is a table that loses its constraints first. Statements and finding may have the keys of
    the test's rows as placeholders.
    """

    finding: str
    statements: tuple[str, ...]
    strip: str = ""


GONE = "Gone from the database: "
# What SQLite says of a key to a table that was stripped.
MISMATCH = "SQLite says of its foreign keys: foreign key mismatch"
BOOKING = "booking_booking"
FAULTS = {
    "overlap": Fault(
        "Live bookings that overlap another of their host: {neighbour}.",
        ("UPDATE booking_booking SET blocked_from = '2026-11-24 09:29:59' WHERE id = {neighbour}",),
        strip=BOOKING,
    ),
    "overlap_with_one_long_before": Fault(
        "Live bookings that overlap another of their host: {neighbour}, {third}.",
        ("UPDATE booking_booking SET blocked_until = '2026-11-24 10:00:01' WHERE id = {booking}",),
        strip=BOOKING,
    ),
    "foreign_owner": Fault(
        "Bookings whose host is not their calendar's owner: {booking}.",
        ("UPDATE booking_booking SET owner_id = {sam} WHERE id = {booking}",),
    ),
    "foreign_link": Fault(
        "Bookings of another calendar than their one-time link: {booking}.",
        ("UPDATE onetime_links_onetimelink SET calendar_id = {other_calendar}",),
    ),
    "erased_with_an_address": Fault(
        "Erased bookings that still hold their client: {booking}.",
        (
            "UPDATE booking_booking SET client_name = 'Erased', erased_at = '2026-11-24 09:00:00'"
            " WHERE id = {booking}",
        ),
    ),
    "expired_link": Fault(
        "Bookings made when their one-time link had expired: {booking}.",
        ("UPDATE onetime_links_onetimelink SET expires_at = '2026-11-22 09:00:00'",),
    ),
    "revoked_link": Fault(
        "Bookings whose one-time link is revoked: {booking}.",
        ("UPDATE onetime_links_onetimelink SET revoked_at = '2026-11-22 10:00:00'",),
    ),
    "link_used_twice": Fault(
        "booking.Booking with the same one_time_link: {booking}.",
        (
            "UPDATE booking_booking SET one_time_link_id = {link}, calendar_id = {calendar}"
            " WHERE id = {neighbour}",
        ),
        strip=BOOKING,
    ),
    "nonce_used_twice": Fault(
        "booking.Booking with the same nonce: {booking}.",
        ("UPDATE booking_booking SET nonce = 'n' WHERE id IN ({booking}, {neighbour})",),
        strip=BOOKING,
    ),
    "link_is_gone": Fault(
        "booking.Booking whose one_time_link does not exist: {booking}.",
        ("DELETE FROM onetime_links_onetimelink",),
        strip=BOOKING,
    ),
    "ends_before_it_starts": Fault(
        "booking.Booking against booking_ends_after_start: {booking}.",
        ("UPDATE booking_booking SET ends_at = starts_at WHERE id = {booking}",),
        strip=BOOKING,
    ),
    "blocks_less_than_itself": Fault(
        "booking.Booking against booking_blocks_itself: {booking}.",
        ("UPDATE booking_booking SET blocked_from = ends_at WHERE id = {booking}",),
        strip=BOOKING,
    ),
    "blocks_too_long": Fault(
        "Bookings that block more time than any can: {third}.",
        ("UPDATE booking_booking SET blocked_until = '2026-11-28 00:00:01' WHERE id = {third}",),
    ),
    "deleted_calendar": Fault(
        "Live bookings that were to come when their calendar was deleted: {neighbour}, {third}.",
        (
            "UPDATE calendars_calendar SET deleted_at = '2026-11-24 09:59:59'"
            " WHERE id = {other_calendar}",
        ),
    ),
    "address_not_kept": Fault(
        "Calendars whose address is not kept for them: {other_calendar}.",
        ("DELETE FROM calendars_calendaraddress WHERE calendar_id = {other_calendar}",),
    ),
    "address_of_another": Fault(
        "Calendars whose address is not kept for them: {other_calendar}.",
        (
            "UPDATE calendars_calendaraddress SET calendar_id = {calendar}"
            " WHERE calendar_id = {other_calendar}",
        ),
    ),
    "uncounted_change": Fault(
        "Changes that their booking has not counted: {last_change}.",
        ("UPDATE booking_booking SET sequence = 1 WHERE id = {booking}",),
    ),
    "lost_change": Fault(
        "Bookings whose last change is not on record: {booking}.",
        ("UPDATE booking_booking SET sequence = 3 WHERE id = {booking}",),
    ),
    "moved_elsewhere": Fault(
        "Moves of a booking to where it does not stand: {last_change}.",
        ("UPDATE booking_change SET moved_to = moved_from WHERE id = {last_change}",),
    ),
    "no_guard": Fault(f"{GONE}{{guard}}.", (), strip=BOOKING),
    "no_trigger": Fault(f"{GONE}booking_booking_search_text.", (), strip=BOOKING),
    "no_unique": Fault(f"{GONE}unique booking_booking.one_time_link_id.", (), strip=BOOKING),
    "no_check": Fault(f"{GONE}booking_ends_after_start.", (), strip=BOOKING),
    "no_foreign_key": Fault(f"{GONE}foreign key booking_booking.owner_id.", (), strip=BOOKING),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_found(name: str, booking: Booking, neighbour: Booking, sam: Owner) -> None:
    third = BookingFactory.create(
        calendar=neighbour.calendar, starts_at=neighbour.blocked_until, created_at=MADE
    )
    keys = {
        "booking": booking.pk,
        "link": booking.one_time_link_id,
        "calendar": booking.calendar_id,
        "last_change": booking.changes.get(sequence=2).pk,
        "neighbour": neighbour.pk,
        "third": third.pk,
        "other_calendar": neighbour.calendar_id,
        "sam": sam.pk,
        "guard": sorted(GUARDS[connection.vendor])[0],
    }
    finding, statements, strip = FAULTS[name]
    found = findings(*(each.format(**keys) for each in statements), strip=strip)
    wanted = finding.format(**keys)
    if strip:
        assert wanted in found
        found = [each for each in found if not each.startswith((GONE, MISMATCH))]
    assert found == [wanted] * (not wanted.startswith(GONE))


def test_two_links_that_work_for_one_client_are_found(booking: Booking) -> None:
    link = booking.one_time_link
    one, other = (
        OneTimeLinkFactory.create(calendar=booking.calendar, replaces=link) for _ in range(2)
    )
    dead = OneTimeLinkFactory.create(calendar=booking.calendar, revoked_at=MADE, replaces=one)
    far = OneTimeLinkFactory.create(calendar=booking.calendar, replaces=dead)
    kept = OneTimeLinkFactory.create(calendar=booking.calendar)
    assert list(examine()) == [
        "One-time links that work beside another of their invitation: "
        f"{one.pk}, {other.pk}, {far.pk}."
    ]
    OneTimeLink.objects.exclude(pk__in=[other.pk, kept.pk]).update(revoked_at=MADE)
    OneTimeLink.objects.filter(booking=booking).update(revoked_at=None)
    assert list(examine()) == []


def test_request_for_a_link_that_works_is_found(booking: Booking) -> None:
    working = OneTimeLinkFactory.create(calendar=booking.calendar)
    LinkRequestFactory.create(link=booking.one_time_link)
    wrong = LinkRequestFactory.create(link=working)
    assert list(examine()) == [f"Open requests for a one-time link that works: {wrong.pk}."]


def findings(*statements: str, strip: str = "") -> list[str]:
    """Run the statements, return what is then wrong, and undo them."""
    with transaction.atomic(), connection.cursor() as cursor:
        if strip:
            STRIP[connection.vendor](cursor, strip)
        for statement in statements:
            cursor.execute(statement)
        found = list(examine())
        transaction.set_rollback(True)
    return found


def strip_on_postgresql(cursor: Any, table: str) -> None:
    # PostgreSQL does not alter a table that has deferred checks pending.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype <> 'p'",
        [table],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_search_text ON {table}")


def strip_on_sqlite(cursor: Any, table: str) -> None:
    """Replace the table by a copy made from a query, which has neither constraints nor triggers.

    SQLite cannot drop a constraint.
    """
    cursor.execute(f"CREATE TABLE stripped AS SELECT * FROM {table}")  # noqa: S608
    cursor.execute(f"DROP TABLE {table}")
    cursor.execute(f"ALTER TABLE stripped RENAME TO {table}")


STRIP = {"postgresql": strip_on_postgresql, "sqlite": strip_on_sqlite}


def test_sound_database_passes(neighbour: Booking) -> None:
    out, err = StringIO(), StringIO()
    call_command("check_invariants", stdout=out, stderr=err)
    told = f"The database is sound. It runs on {database_in_words()}.\n"
    assert (out.getvalue(), err.getvalue()) == (told, "")


def test_broken_database_fails_in_words(booking: Booking, sam: Owner) -> None:
    Booking.objects.filter(pk=booking.pk).update(host=sam)
    err = StringIO()
    with pytest.raises(CommandError, match="not sound"):
        call_command("check_invariants", stderr=err)
    assert err.getvalue() == f"Bookings whose host is not their calendar's owner: {booking.pk}.\n"


def test_only_the_first_of_many_are_named(calendar: Calendar, sam: Owner) -> None:
    for n in range(6):
        BookingFactory.create(calendar=calendar, host=sam, starts_at=START + (n + 1) * HOUR)
    [found] = examine()
    assert found.startswith("Bookings whose host is not their calendar's owner: ")
    assert found.count(",") == EXAMPLES - 1
    assert found.endswith(" and more.")


def test_a_missing_migration_is_all_that_is_asked_for(booking: Booking) -> None:
    last = "DELETE FROM django_migrations WHERE app = 'booking' AND name >= '0003'"
    [found] = findings(last, "DROP TABLE booking_change", strip="booking_change")
    assert found.startswith("Migrations that were not applied: booking.0003")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own check of its file")
def test_what_sqlite_says_of_its_file_is_passed_on(booking: Booking) -> None:
    found = findings(
        "PRAGMA ignore_check_constraints = ON",
        "UPDATE booking_booking SET ends_at = starts_at",
        "PRAGMA ignore_check_constraints = OFF",
    )
    assert found == [
        "SQLite says of its file: CHECK constraint failed in booking_booking.",
        f"booking.Booking against booking_ends_after_start: {booking.pk}.",
    ]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own check of its keys")
def test_what_sqlite_says_of_its_foreign_keys_is_passed_on(booking: Booking) -> None:
    """Also of a table that no model describes, and whose keys no other check asks about."""
    found = findings(
        "CREATE TABLE note (booking_id REFERENCES booking_booking (id))",
        "PRAGMA defer_foreign_keys = ON",
        "INSERT INTO note VALUES (-1), (-2)",
        "UPDATE booking_change SET booking_id = -1",
    )
    assert found[:2] == [
        "SQLite says of its foreign keys: 2 of booking_change refer to rows of booking_booking"
        " that do not exist.",
        "SQLite says of its foreign keys: 2 of note refer to rows of booking_booking"
        " that do not exist.",
    ]
    changes = ", ".join(str(change.pk) for change in Change.objects.order_by("pk"))
    assert f"booking.Change whose booking does not exist: {changes}." in found


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own check of its keys")
def test_foreign_key_to_a_table_that_is_gone_is_a_finding(booking: Booking) -> None:
    found = findings(
        "CREATE TABLE body (id INTEGER PRIMARY KEY)",
        "CREATE TABLE note (body_id REFERENCES body (id))",
        "INSERT INTO body VALUES (1)",
        "INSERT INTO note VALUES (1)",
        "PRAGMA defer_foreign_keys = ON",
        "DROP TABLE body",
    )
    assert found == [
        "SQLite says of its foreign keys: 1 of note refer to rows of body that do not exist."
    ]
