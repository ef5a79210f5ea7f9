"""An owner's choice of a time: free times, ignored rules, and what is in the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.models import Booking
from booking.times.busy import what_is_in_the_way
from booking.times.offers import load_offer, load_window
from booking.times.rules import rules_for
from booking.times.slots import Offer
from calendars.kit.datetext import time_text
from calendars.kit.walltime import day_start, local_date, occurs_twice
from calendars.models import Calendar
from calendars.schedule import Interval, dates_between, unite

DAY = timedelta(days=1)


@dataclass(frozen=True)
class FreeTime:
    starts_at: datetime
    label: str


@dataclass(frozen=True)
class FreeTimes:
    """The free times of one date of a calendar.

    If there are none, `next_day` is the next date that has some, or else the first from now on.
    """

    day: date
    times: Sequence[FreeTime]
    next_day: date | None


def find_free_times(
    calendar: Calendar, *, now: datetime, day: date | None = None, moving: Booking | None = None
) -> FreeTimes:
    """Return the free times of `day`, or of the first date that has some. Two queries."""
    offer = load_window(calendar, now=now, moving=moving)
    zone = calendar.zone
    if day is None:
        first = offer.search(now, 1)
        day = local_date(first[0] if first else now, zone)
    slots = offer.slots(day_start(day, zone), day_start(day + DAY, zone))
    later = [] if slots else offer.search(day_start(day + DAY, zone), 1) or offer.search(now, 1)
    return FreeTimes(
        day=day,
        times=[FreeTime(slot, _clock_label(slot, calendar)) for slot in slots],
        next_day=local_date(later[0], zone) if later else None,
    )


def _clock_label(slot: datetime, calendar: Calendar) -> str:
    """Return the wall time. If it occurs twice, the zone's abbreviation tells which is meant."""
    local = slot.astimezone(calendar.zone)
    text = time_text(local)
    return f"{text} {local.tzname()}" if occurs_twice(local) else text


def find_what_is_in_the_way(
    calendar: Calendar, slot: datetime, *, moving: Booking | None = None
) -> list[str]:
    """Return what a booking at `slot` would overlap, in words. Two queries."""
    interval = rules_for(calendar, booking=moving).blocked_interval(slot)
    return what_is_in_the_way(calendar.host_ids, interval, calendar=calendar, moving=moving)


def remarks_on(
    calendar: Calendar, slot: datetime, *, now: datetime, moving: Booking | None = None
) -> list[str]:
    """Return the rules for clients that a booking at `slot` ignores, in words. Two queries."""
    offer = load_offer(calendar, now=now, start=slot, end=slot, moving=moving)
    end = slot + offer.rules.duration
    broken = {
        _("It has begun already."): slot < now,
        _("Sooner than your minimum notice."): now <= slot < now + offer.rules.minimum_notice,
        _("Outside your hours."): not _is_within_hours(offer, Interval(slot, end)),
        _("Further ahead than clients may book."): local_date(slot, calendar.zone)
        > offer.last_date,
        _("This calendar is paused for clients."): calendar.is_paused,
    }
    return [
        *(remark for remark, is_broken in broken.items() if is_broken),
        *_beyond_cap(offer, slot),
    ]


def _is_within_hours(offer: Offer, interval: Interval) -> bool:
    zone = offer.schedule.zone
    days = dates_between(
        local_date(interval.start, zone) - DAY, local_date(interval.end, zone) + DAY
    )
    hours = unite(of_day for day in days for of_day in offer.schedule.ranges_on(day))
    return any(each.start <= interval.start and interval.end <= each.end for each in hours)


def _beyond_cap(offer: Offer, slot: datetime) -> list[str]:
    cap, zone = offer.rules.daily_cap, offer.schedule.zone
    if cap is None:
        return []
    day = local_date(slot, zone)
    booked = sum(local_date(start, zone) == day for start in offer.busy.starts)
    if booked < cap:
        return []
    text = ngettext(
        "More than your %(count)d booking a day.", "More than your %(count)d bookings a day.", cap
    )
    return [text % {"count": cap}]


def clock_remark(wall: datetime, slot: datetime, calendar: Calendar) -> list[str]:
    """Return a remark if a clock change skips or repeats the `wall` time that was typed."""
    local = slot.astimezone(calendar.zone)
    words = {"typed": time_text(wall), "time": time_text(local)}
    if local.replace(tzinfo=None) != wall:
        text = _("%(typed)s does not exist that day: the clocks go forward to %(time)s.")
        return [text % words]
    if occurs_twice(local):
        text = _("%(time)s comes twice that day; this is the first (%(zone)s).")
        return [text % {**words, "zone": local.tzname()}]
    return []


@dataclass(frozen=True)
class Choice:
    """The free times that a page offers, and what it says about the time chosen so far."""

    free: FreeTimes
    remarks: Sequence[str] = ()
    in_the_way: Sequence[str] = ()


def find_choice(
    calendar: Calendar,
    *,
    now: datetime,
    day: date | None,
    slot: datetime | None,
    wall: datetime | None,
    moving: Booking | None = None,
) -> Choice:
    """Return the choice. `slot` is the time chosen so far, and `wall` its wall time if typed."""
    free = find_free_times(calendar, now=now, day=day, moving=moving)
    if slot is None:
        return Choice(free)
    remarks = clock_remark(wall, slot, calendar) if wall else []
    return Choice(
        free=free,
        remarks=[*remarks, *remarks_on(calendar, slot, now=now, moving=moving)],
        in_the_way=find_what_is_in_the_way(calendar, slot, moving=moving),
    )
