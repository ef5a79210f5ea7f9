"""Acts on what a calendar offers, asks its clients and tells by email.

Acts that change the slots lock the hosts' rows first, so that they and bookings wait for each
other. All of them check their input, and raise ValidationError with the names of the fields.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from calendars.kit.cleaning import clean_values, set_values
from calendars.kit.validators import validate_count
from calendars.kit.walltime import local_date
from calendars.locks import lock_hosts
from calendars.models import (
    Calendar,
    DateOverride,
    OverrideHours,
    Question,
    WeeklyHours,
)
from calendars.schedule import MAX_RANGES, Hours, validate_hours

MAX_DATES = 62
FARTHEST = timedelta(days=5 * 366)


class RuleChanges(TypedDict, total=False):
    """The rules of a calendar that an owner changes at one time, in minutes, days or counts."""

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
    """The occasions to send emails for, and the reminders, in minutes before the start."""

    client_mails: list[str]
    owner_mails: list[str]
    reminder_minutes: list[int]
    personal_line: str


def change_rules(*, calendar: Calendar, **changes: Unpack[RuleChanges]) -> Calendar:
    """Change the given rules, and leave the others as they are."""
    set_values(calendar, changes)
    with transaction.atomic():
        lock_hosts(calendar.host_ids)
        calendar.save(update_fields=changes)
    return calendar


def replace_weekly_hours(
    *,
    calendar: Calendar,
    time_zone: str,
    weekly: Mapping[int, Sequence[Hours]],
    kept: Mapping[int, Hours] | None = None,
) -> None:
    """Replace the hours of all weekdays (Monday is 0), and the zone that they are read in.

    Stored ranges that are in `kept` by their ids stay, with these hours; those in `weekly` are new.
    """
    zone = clean_values(Calendar, {"time_zone": time_zone})
    _check_weekly(weekly)
    with transaction.atomic():
        lock_hosts(calendar.host_ids)
        Calendar.objects.filter(pk=calendar.pk).update(**zone)
        before = Counter(calendar.weekly_hours.values_list("weekday", flat=True))
        _keep_ranges(calendar.weekly_hours.all(), kept or {})
        WeeklyHours.objects.bulk_create(
            WeeklyHours(
                calendar=calendar, weekday=weekday, start_minute=hours.start, end_minute=hours.end
            )
            for weekday, of_day in weekly.items()
            for hours in of_day
        )
        after = Counter(calendar.weekly_hours.values_list("weekday", flat=True))
        for weekday, count in after.items():
            _check_count(count, before=before[weekday])


def replace_overrides(
    *, calendar: Calendar, dates: Collection[date], hours: Sequence[Hours], now: datetime
) -> list[date]:
    """Give each of `dates` an override with these hours; without hours it is a day off.

    An override that has these hours already stays, so that a form that is sent twice changes
    nothing more. Returns the dates on which another override was replaced.
    """
    _check_dates(dates, today=local_date(now, calendar.zone))
    _check_hours(hours)
    with transaction.atomic():
        lock_hosts(calendar.host_ids)
        there = calendar.date_overrides.filter(date__in=dates)
        alike = _dates_with(hours, there)
        replaced = _make_way(there.exclude(date__in=alike))
        overrides = DateOverride.objects.bulk_create(
            DateOverride(calendar=calendar, date=day) for day in dates if day not in alike
        )
        _add_hours(overrides, hours)
    return replaced


def change_override(
    *,
    override: DateOverride,
    day: date,
    hours: Sequence[Hours],
    now: datetime,
    kept: Mapping[int, Hours] | None = None,
) -> list[date]:
    """Move the override to `day` and replace its hours; without any it is a day off.

    Stored ranges that are in `kept` by their ids stay, with these hours; those in `hours` are new.
    Returns the dates on which another override was replaced.
    """
    calendar = override.calendar
    _check_dates([day], today=local_date(now, calendar.zone))
    _check_hours(hours)
    with transaction.atomic():
        lock_hosts(calendar.host_ids)
        before = override.hours.count()
        replaced = _make_way(calendar.date_overrides.filter(date=day).exclude(pk=override.pk))
        override.date = day
        override.save(update_fields=["date"])
        _keep_ranges(override.hours.all(), kept or {})
        _add_hours([override], hours)
        _check_count(override.hours.count(), before=before)
    return replaced


def remove_overrides(*, calendar: Calendar, dates: Collection[date]) -> None:
    """Remove the overrides of `dates`, so that the weekly hours apply again."""
    with transaction.atomic():
        lock_hosts(calendar.host_ids)
        calendar.date_overrides.filter(date__in=dates).delete()


def change_questions(*, calendar: Calendar, questions: Sequence[Question]) -> Calendar:
    set_values(calendar, {"questions": list(questions)})
    calendar.save(update_fields=["questions"])
    return calendar


def change_notifications(*, calendar: Calendar, **changes: Unpack[Notifications]) -> Calendar:
    """Change the given notifications. Reminders of bookings already made keep their times."""
    set_values(calendar, changes)
    calendar.save(update_fields=changes)
    return calendar


def validate_override_date(day: date, *, today: date) -> None:
    if not today <= day <= today + FARTHEST:
        raise ValidationError(_("Choose a date from today on, within five years."))


def validate_override_dates(first: date, last: date) -> None:
    if not first <= last < first + timedelta(days=MAX_DATES):
        raise ValidationError(
            _("Choose a later date than the first, at most %s days in all.") % MAX_DATES
        )


def _dates_with(hours: Sequence[Hours], overrides: QuerySet[DateOverride]) -> set[date]:
    """Return the dates of those overrides that have exactly these hours."""
    wanted = sorted((each.start, each.end) for each in hours)
    return {
        override.date
        for override in overrides.prefetch_related("hours")
        if sorted((each.start_minute, each.end_minute) for each in override.hours.all()) == wanted
    }


def _make_way(overrides: QuerySet[DateOverride]) -> list[date]:
    """Delete the overrides, and return their dates."""
    dates = list(overrides.values_list("date", flat=True))
    overrides.delete()
    return dates


def _keep_ranges(stored: QuerySet[Any], kept: Mapping[int, Hours]) -> None:
    """Give the ranges in `kept` these hours, and delete the others.

    A range that is changed stays the same row, so that an older page still finds it.
    """
    for hours in kept.values():
        _check_hours([hours])
    stored.exclude(pk__in=kept).delete()
    for row in stored:
        row.start_minute, row.end_minute = kept[row.pk]
    stored.model.objects.bulk_update(stored, ["start_minute", "end_minute"])


def _add_hours(overrides: Sequence[DateOverride], hours: Sequence[Hours]) -> None:
    OverrideHours.objects.bulk_create(
        OverrideHours(override=override, start_minute=each.start, end_minute=each.end)
        for override in overrides
        for each in hours
    )


def _check_count(count: int, *, before: int) -> None:
    """Refuse more ranges of a day than are allowed. More that were there already may stay."""
    if count > before:
        try:
            validate_count(range(count), most=MAX_RANGES)
        except ValidationError as error:
            raise ValidationError({"hours": error}) from None


def _check_weekly(weekly: Mapping[int, Sequence[Hours]]) -> None:
    for weekday, hours in weekly.items():
        clean_values(WeeklyHours, {"weekday": weekday})
        _check_hours(hours)


def _check_dates(dates: Collection[date], *, today: date) -> None:
    try:
        validate_override_date(min(dates), today=today)
        validate_override_dates(min(dates), max(dates))
    except ValidationError as error:
        raise ValidationError({"dates": error}) from None


def _check_hours(hours: Sequence[Hours]) -> None:
    try:
        validate_hours(hours)
    except ValidationError as error:
        raise ValidationError({"hours": error}) from None
