"""Reads from the database what decides which slots are offered."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, DateTimeField, QuerySet, Value

from booking.models import Booking, TimeOff
from booking.times.rules import rules_for
from booking.times.slots import MARGIN, Busy, Offer
from calendars.hours import load_schedule
from calendars.kit.prepared import Prepared, parameter
from calendars.kit.walltime import day_start, local_date
from calendars.models import Calendar
from calendars.schedule import Interval
from onetime_links.models import OneTimeLink

DAY = timedelta(days=1)
# The calendar of time off, which counts towards no calendar's daily cap; and no booking.
NOBODYS = 0


def _busy() -> "QuerySet[Any, Any]":
    owner, moving = (parameter(name, BigIntegerField()) for name in ("owner", "moving"))
    interval = Interval(*(parameter(name, DateTimeField()) for name in ("start", "end")))
    bookings = Booking.objects.of(owner).blocking(interval).exclude(pk=moving).order_by()
    time_off = TimeOff.objects.of(owner).blocking(interval).order_by()
    return bookings.values_list("blocked_from", "blocked_until", "starts_at", "calendar_id").union(
        time_off.values_list(
            "starts_at", "ends_at", "starts_at", Value(NOBODYS, BigIntegerField())
        ),
        all=True,
    )


BUSY = Prepared(_busy)


def load_offer(
    calendar: Calendar,
    *,
    now: datetime,
    start: datetime,
    end: datetime,
    link: OneTimeLink | None = None,
    moving: Booking | None = None,
) -> Offer:
    """What `calendar` offers to slots that start in [start, end), in two queries.

    The booking `moving` keeps its length, does not stand in its own way, and is offered other times
    than its own.
    """
    rules, zone = rules_for(calendar, link, moving), calendar.zone
    first, last = local_date(start, zone), local_date(end, zone)
    # Whole dates, because the daily cap counts them; a margin, because buffers may leave them.
    reach = rules.duration + rules.buffer_before + rules.buffer_after
    interval = Interval(day_start(first, zone) - reach, day_start(last + DAY, zone) + reach)
    return Offer(
        rules=rules,
        schedule=load_schedule(
            calendar, first=local_date(start - MARGIN, zone), last=local_date(end + MARGIN, zone)
        ),
        busy=load_busy(calendar, interval, moving=moving),
        now=now,
        present=moving.starts_at if moving else None,
    )


def load_window(
    calendar: Calendar,
    *,
    now: datetime,
    link: OneTimeLink | None = None,
    moving: Booking | None = None,
) -> Offer:
    """All that `calendar` offers from `now` to the end of its booking window."""
    rules = rules_for(calendar, link, moving)
    end = now + timedelta(days=rules.booking_window_days + 1)
    return load_offer(calendar, now=now, start=now, end=end, link=link, moving=moving)


def load_busy(calendar: Calendar, interval: Interval, *, moving: Booking | None = None) -> Busy:
    """The owner's bookings and time off that meet `interval`, in one query."""
    rows = BUSY.rows(
        owner=calendar.owner_id,
        start=interval.start,
        end=interval.end,
        moving=moving.pk if moving else NOBODYS,
    )
    return Busy(
        intervals=[Interval(start, end) for start, end, _, _ in rows],
        starts=[starts_at for _, _, starts_at, pk in rows if pk == calendar.pk],
    )
