"""Reads from the database what decides which slots are offered."""

from datetime import datetime, timedelta

from booking.models import Booking
from booking.times.busy import busy_of
from booking.times.rules import rules_for
from booking.times.slots import MARGIN, Offer
from calendars.hours import load_schedule
from calendars.kit.walltime import day_start, local_date
from calendars.models import Calendar
from calendars.schedule import Interval
from onetime_links.models import OneTimeLink

DAY = timedelta(days=1)


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
        busy=busy_of(calendar.host_ids, interval, calendar=calendar, link=link, moving=moving),
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
