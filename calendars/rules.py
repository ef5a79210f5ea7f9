"""What decides which slots a calendar offers, what it asks, and whom it tells. All but the latter
two wait for bookings that are being made, and these for them: the owner's row comes first."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TypedDict, Unpack

from django.db import transaction

from calendars.locks import lock_owner
from calendars.models import Calendar, DateOverride, OverrideHours, WeeklyHours
from calendars.schedule import Hours


class Question(TypedDict):
    """One thing to ask the client: `kind` is "text", "long" or "checkbox"."""

    label: str
    kind: str
    required: bool


class Rules(TypedDict, total=False):
    duration_minutes: int
    slot_interval_minutes: int | None
    buffer_before_minutes: int
    buffer_after_minutes: int
    minimum_notice_minutes: int
    booking_window_days: int
    daily_cap: int | None
    client_may_reschedule: bool
    client_may_cancel: bool
    change_notice_minutes: int
    max_reschedules: int | None


class Notifications(TypedDict, total=False):
    """Which occasions are told to whom, and how many minutes before the start to remind."""

    client_mails: list[str]
    owner_mails: list[str]
    reminder_minutes: list[int]
    personal_line: str


def change_rules(*, calendar: Calendar, **changes: Unpack[Rules]) -> Calendar:
    """What is not given stays."""
    with transaction.atomic():
        lock_owner(calendar.owner_id)
        for name, value in changes.items():
            setattr(calendar, name, value)
        calendar.save(update_fields=changes)
    return calendar


def replace_weekly_hours(
    *, calendar: Calendar, time_zone: str, weekly: Mapping[int, Sequence[Hours]]
) -> None:
    """The hours of every weekday (Monday is 0), and the zone that they are read in."""
    with transaction.atomic():
        lock_owner(calendar.owner_id)
        Calendar.objects.filter(pk=calendar.pk).update(time_zone=time_zone)
        calendar.weekly_hours.all().delete()
        WeeklyHours.objects.bulk_create(
            WeeklyHours(
                calendar=calendar, weekday=weekday, start_minute=hours.start, end_minute=hours.end
            )
            for weekday, of_day in weekly.items()
            for hours in of_day
        )


def replace_overrides(
    *,
    calendar: Calendar,
    dates: Collection[date],
    hours: Sequence[Hours],
    instead_of: date | None = None,
) -> list[date]:
    """Each of `dates` gets `hours` in place of whatever it had; no hours: a day off.

    `instead_of` is the date of an override that moves to `dates`. Returns on which dates another
    one was replaced.
    """
    with transaction.atomic():
        lock_owner(calendar.owner_id)
        if instead_of:
            calendar.date_overrides.filter(date=instead_of).delete()
        others = calendar.date_overrides.filter(date__in=dates)
        replaced = list(others.values_list("date", flat=True))
        others.delete()
        overrides = DateOverride.objects.bulk_create(
            DateOverride(calendar=calendar, date=day) for day in dates
        )
        OverrideHours.objects.bulk_create(
            OverrideHours(override=override, start_minute=each.start, end_minute=each.end)
            for override in overrides
            for each in hours
        )
    return replaced


def remove_overrides(*, calendar: Calendar, dates: Collection[date]) -> None:
    """The weekly hours apply again on `dates`."""
    with transaction.atomic():
        lock_owner(calendar.owner_id)
        calendar.date_overrides.filter(date__in=dates).delete()


def change_questions(*, calendar: Calendar, questions: Sequence[Question]) -> Calendar:
    calendar.questions = list(questions)
    calendar.save(update_fields=["questions"])
    return calendar


def change_notifications(*, calendar: Calendar, **changes: Unpack[Notifications]) -> Calendar:
    """For mails to come: reminders that wait already keep their times."""
    for name, value in changes.items():
        setattr(calendar, name, value)
    calendar.save(update_fields=changes)
    return calendar
