"""Functions that read from the database what decides which slots are offered."""

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
    """Return the offer of `calendar` for slots that start in [start, end), in two queries.

    If the booking `moving` is given, the slots have its length. It does not make its own time busy,
    but that time is not offered either.
    """
    rules, zone = rules_for(calendar, link, moving), calendar.zone
    first, last = local_date(start, zone), local_date(end, zone)
    # Busy time is read for whole dates, because the daily cap counts the bookings of each date, and
    # with a margin, because a slot with its buffers may reach beyond its date.
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
    """Return the offer of `calendar` from `now` to the end of its booking window."""
    rules = rules_for(calendar, link, moving)
    end = now + timedelta(days=rules.booking_window_days + 1)
    return load_offer(calendar, now=now, start=now, end=end, link=link, moving=moving)
