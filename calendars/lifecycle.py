"""Acts on a calendar as a whole. Those on its rules and hours are in `calendars/rules.py`."""

from datetime import datetime
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from calendars.addresses import claim_address, suggest_address
from calendars.errors import AddressTaken
from calendars.kit.cleaning import clean_values, set_values
from calendars.kit.search.renewal import renew
from calendars.kit.walltime import local_date
from calendars.locks import lock_hosts
from calendars.models import (
    MAX_NAME_LENGTH,
    TIME_ZONE_NOT_CHOSEN,
    Calendar,
    CalendarAddress,
    DateOverride,
    OverrideHours,
    Owner,
    WeeklyHours,
)

WORKING_DAYS = range(5)
WORKING_HOURS = (9 * 60, 17 * 60)


class Details(TypedDict, total=False):
    name: str
    slug: str
    description: str
    location: str
    colour: str


def create_calendar(
    *, owner: Owner, name: str, time_zone: str, duration_minutes: int = 30, slug: str = ""
) -> Calendar:
    """Create a calendar that is open from Monday to Friday, 9 to 17.

    Without `slug` its address is made from its name. The first calendar of an owner who never chose
    a time zone gives them its own. Raises AddressTaken, and ValidationError with
    the names of the fields.
    """
    calendar = Calendar(owner=owner)
    facts = {"name": name, "time_zone": time_zone, "duration_minutes": duration_minutes}
    set_values(calendar, {**facts, "slug": slug or suggest_address(name)})
    start, end = WORKING_HOURS
    with transaction.atomic():
        _set_first_zone(owner, calendar.time_zone)
        _insert(calendar)
        WeeklyHours.objects.bulk_create(
            WeeklyHours(calendar=calendar, weekday=weekday, start_minute=start, end_minute=end)
            for weekday in WORKING_DAYS
        )
    return calendar


def _set_first_zone(owner: Owner, time_zone: str) -> None:
    """Give `time_zone` to an owner who has no calendar and never chose a time zone."""
    if owner.time_zone == TIME_ZONE_NOT_CHOSEN:
        Owner.objects.filter(pk=owner.pk, calendars=None).update(time_zone=time_zone)


def change_details(*, calendar: Calendar, **changes: Unpack[Details]) -> Calendar:
    """Change the given details. An old address stays the calendar's own, and leads to the new one.

    Raises AddressTaken, and ValidationError with the names of the fields.
    """
    cleaned = clean_values(Calendar, changes)
    with transaction.atomic():
        if "slug" in cleaned:
            claim_address(calendar, cleaned["slug"])
        for name, value in cleaned.items():
            setattr(calendar, name, value)
        calendar.save(update_fields=cleaned)
        renew(calendar, changed=cleaned)
    return calendar


def duplicate_calendar(*, calendar: Calendar, now: datetime) -> Calendar:
    """Create a paused copy with the same settings and schedule, without links and bookings.

    Raises AddressTaken.
    """
    with transaction.atomic():
        lock_hosts(calendar.host_ids)
        original = Calendar.objects.get(pk=calendar.pk)
        copy = Calendar.objects.get(pk=calendar.pk)
        copy.pk = None
        copy._state.adding = True
        copy.name = _("Copy of %(name)s") % {"name": original.name}
        copy.name = copy.name[:MAX_NAME_LENGTH].strip()
        copy.slug = suggest_address(original.slug)
        copy.created_at = copy.paused_at = now
        _insert(copy)
        _copy_schedule(original, copy, now)
    return copy


def pause_calendar(*, calendar: Calendar, now: datetime) -> Calendar:
    """Let the calendar take no bookings from `now` on. Does nothing if it is paused already."""
    return _set_paused_at(calendar, calendar.paused_at or now)


def resume_calendar(*, calendar: Calendar) -> Calendar:
    return _set_paused_at(calendar, None)


def _set_paused_at(calendar: Calendar, paused_at: datetime | None) -> Calendar:
    with transaction.atomic():
        lock_hosts(calendar.host_ids)
        calendar.paused_at = paused_at
        calendar.save(update_fields=["paused_at"])
    return calendar


def _insert(calendar: Calendar) -> None:
    """Insert the calendar with its address, or raise AddressTaken."""
    try:
        with transaction.atomic():
            calendar.save(force_insert=True)
            CalendarAddress.objects.create(slug=calendar.slug, calendar=calendar)
    except IntegrityError:
        if not CalendarAddress.objects.filter(slug=calendar.slug).exists():
            raise
        raise AddressTaken from None


def _copy_schedule(original: Calendar, copy: Calendar, now: datetime) -> None:
    """Copy the weekly hours, and the overrides from today on (the calendar's date of `now`)."""
    WeeklyHours.objects.bulk_create(
        WeeklyHours(calendar=copy, weekday=weekday, start_minute=start, end_minute=end)
        for weekday, start, end in original.weekly_hours.values_list(
            "weekday", "start_minute", "end_minute"
        )
    )
    overrides = list(
        original.date_overrides.filter(date__gte=local_date(now, original.zone)).prefetch_related(
            "hours"
        )
    )
    copies = DateOverride.objects.bulk_create(
        DateOverride(calendar=copy, date=override.date) for override in overrides
    )
    OverrideHours.objects.bulk_create(
        OverrideHours(override=new, start_minute=hours.start_minute, end_minute=hours.end_minute)
        for old, new in zip(overrides, copies, strict=True)
        for hours in old.hours.all()
    )
