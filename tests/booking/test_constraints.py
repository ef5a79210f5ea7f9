"""Every constraint of every table refuses plain SQL that breaks it.

The tests find the tables and their constraints by walking the models. They fail if a constraint has
no statement here that breaks it, or if a table has no rows.
"""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connection, transaction
from django.db.models import CheckConstraint, JSONField, Model

from booking.guards import GUARDS, NO_OVERLAP
from booking.models import Booking
from booking.upkeep.soundness import Unique, foreign_keys, models, unique_rules
from calendars.guards import SESSIONS_END
from calendars.models import (
    DatabaseIdentity,
    DateOverride,
    OverrideHours,
    SentForm,
    Tally,
    settled_identity_of_database,
)
from onetime_links.models import LinkRequest
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    ChangeFactory,
    ConfirmationFactory,
    MailFactory,
    OneTimeLinkFactory,
    PasswordResetFactory,
    TimeOffFactory,
)

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OURS = {"calendars", "onetime_links", "booking"}
MODELS = [model for model in models() if model._meta.app_label in OURS]
CHECKS = [
    (model, constraint)
    for model in MODELS
    for constraint in model._meta.constraints
    if isinstance(constraint, CheckConstraint)
]
# Checks that Django adds by itself: to fields that are never negative, and to JSON on SQLite.
FIELD_CHECKS = [
    (model, field)
    for model in MODELS
    for field in model._meta.local_concrete_fields
    if field.db_check(connection)
]
UNIQUE_RULES = [(model, rule) for model in MODELS for rule in unique_rules(model)]
FOREIGN_KEYS = [
    (model, key)
    for model in MODELS
    for key in foreign_keys(model)
    if getattr(key, "db_constraint", True)
]

# For each constraint, an assignment that it must refuse in `UPDATE … SET`.
BREAKS_CHECK = {
    "databaseidentity_only_row": "id = 2",
    "owner_email_lower": "email = 'Olive@example.com'",
    "calendar_duration": "duration_minutes = 4",
    "calendar_slot_interval": "slot_interval_minutes = 1441",
    "calendar_buffers": "buffer_after_minutes = 1441",
    "calendar_window": "booking_window_days = 731",
    "calendar_daily_cap": "daily_cap = 0",
    "calendar_max_reschedules": "max_reschedules = 0",
    "weeklyhours_range": "end_minute = start_minute",
    "weeklyhours_weekday": "weekday = 7",
    "overridehours_range": "end_minute = 1441",
    "onetimelink_expires_after_creation": "expires_at = created_at",
    "linkrequest_answered_by_a_link": "answered_at = created_at",
    "booking_ends_after_start": "ends_at = starts_at, blocked_until = starts_at",
    "booking_blocks_itself": "blocked_from = ends_at",
    "change_moves_if_rescheduled": "moved_to = at",
    "mail_ends_once": "sent_at = due_at, failed_at = due_at",
    "confirmation_ends_once": "done_at = due_at, failed_at = due_at",
    "passwordreset_ends_once": "done_at = due_at, failed_at = due_at",
    "timeoff_ends_after_start": "ends_at = starts_at",
}


COPIED = {
    "id": "1000",
    "one_time_link_id": "NULL",
    "uid": f"'{UUID(int=1).hex}'",
    "manage_token": "'another'",
    "nonce": "'another'",
}
COLUMNS = [str(field.column) for field in Booking._meta.local_concrete_fields]
# Statements that make two bookings of one owner overlap, one for each way into the table.
OVERLAPS = {
    "insert": f"INSERT INTO booking_booking ({', '.join(COLUMNS)})"  # noqa: S608
    f" SELECT {', '.join(COPIED.get(name, name) for name in COLUMNS)} FROM booking_booking LIMIT 1",
    "update": "UPDATE booking_booking SET owner_id = (SELECT MIN(owner_id) FROM booking_booking)",
}


@pytest.fixture(autouse=True)
def two_of_each() -> None:
    """Put two rows into each table that have no unique value in common.

    The database has one identity.
    """
    settled_identity_of_database()
    for n in range(2):
        calendar = CalendarFactory.create()
        owner = calendar.owner
        owner.feed_token = f"feed{n}"
        owner.save()
        owner.groups.add(Group.objects.create(name=f"group {n}"))
        owner.user_permissions.add(Permission.objects.all()[n])
        override = DateOverride.objects.create(calendar=calendar, date=START.date())
        OverrideHours.objects.create(override=override, start_minute=60, end_minute=120)
        link, other = OneTimeLinkFactory.create_batch(2, calendar=calendar)
        answer = OneTimeLinkFactory.create(calendar=calendar, replaces=other)
        LinkRequest.objects.create(
            link=other, answer=answer, answered_at=START, client_name="Cleo Client"
        )
        LinkRequest.objects.create(link=link, client_name="Cleo Client")
        booking = BookingFactory.create(calendar=calendar, one_time_link=link, starts_at=START)
        ChangeFactory.create(booking=booking, sequence=1)
        MailFactory.create(booking=booking)
        TimeOffFactory.create(host=owner)
        ConfirmationFactory.create(owner=owner)
        PasswordResetFactory.create(owner=owner)
        Tally.objects.create(key=f"key{n}", hits=1, ends_at=1)
        SentForm.objects.create(owner=owner, kind="x", name=f"name{n}", result=1, at=START)


def test_every_table_has_two_rows() -> None:
    few = [model for model in MODELS if model._base_manager.count() < 2]
    assert few == [DatabaseIdentity]


def test_every_check_has_a_statement_that_breaks_it() -> None:
    assert {constraint.name for _, constraint in CHECKS} == set(BREAKS_CHECK)


@pytest.mark.parametrize(
    ("model", "name"), [(model, constraint.name) for model, constraint in CHECKS]
)
def test_check_refuses(model: type[Model], name: str) -> None:
    assert name in refused(f"UPDATE {model._meta.db_table} SET {BREAKS_CHECK[name]}")  # noqa: S608


def test_check_of_a_field_refuses() -> None:
    assert FIELD_CHECKS
    for model, field in FIELD_CHECKS:
        if field.name == "sessions_ended":
            continue  # a trigger puts it right before it is checked
        value = "'{'" if isinstance(field, JSONField) else "-1"
        refusal = refused(f"UPDATE {model._meta.db_table} SET {field.column} = {value}")  # noqa: S608
        assert "check constraint" in refusal.lower(), field


@pytest.mark.parametrize(("model", "rule"), UNIQUE_RULES)
def test_same_value_twice_is_refused(model: type[Model], rule: Unique) -> None:
    """A unique rule refuses a statement that gives all rows the values of the first one."""
    table, columns = model._meta.db_table, column_names(model, rule)
    known = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    same = ", ".join(
        f"{column} = (SELECT {column} FROM {table} WHERE {known} ORDER BY id LIMIT 1)"  # noqa: S608
        for column in columns
    )
    refusal = refused(f"UPDATE {table} SET {same} WHERE {known}")  # noqa: S608
    assert "unique" in refusal.lower()
    assert columns[-1] in refusal


def column_names(model: type[Model], rule: Unique) -> list[str]:
    return [str(getattr(model._meta.get_field(name), "column", "")) for name in rule.fields]


@pytest.mark.parametrize("statement", OVERLAPS.values(), ids=OVERLAPS)
def test_guard_refuses(statement: str) -> None:
    assert NO_OVERLAP in refused(statement)


def test_every_guard_has_a_statement_that_breaks_it() -> None:
    # That of sessions refuses nothing: it puts right (tests/calendars/accounts/test_sessions.py).
    assert {
        "postgresql": {NO_OVERLAP, SESSIONS_END},
        "sqlite": {*(f"{NO_OVERLAP}_{name}" for name in OVERLAPS), SESSIONS_END},
    } == GUARDS


def refused(statement: str) -> str:
    """Run the statement and return the error with which the database refuses it."""
    with (
        pytest.raises(IntegrityError) as refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    return str(refusal.value)


@pytest.mark.django_db(transaction=True)
def test_no_row_refers_to_one_that_is_not_there() -> None:
    """Foreign keys are checked when the transaction ends: here, at the end of each statement."""
    for model, key in FOREIGN_KEYS:
        table, column, pk = model._meta.db_table, key.column, model._meta.pk.column
        one = f"SELECT {pk} FROM {table} WHERE {column} IS NOT NULL LIMIT 1"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(one)
            assert cursor.fetchone(), f"No row of {table} has a {column}."
            with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
                cursor.execute(f"UPDATE {table} SET {column} = -1 WHERE {pk} = ({one})")  # noqa: S608
