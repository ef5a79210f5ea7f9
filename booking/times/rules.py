"""The rules by which a booking is made or moved: its length, its limits and its place."""

from datetime import timedelta

from booking.models import Booking
from booking.times.slots import Rules
from calendars.models import Calendar
from onetime_links.models import OneTimeLink


def rules_for(
    calendar: Calendar, link: OneTimeLink | None = None, booking: Booking | None = None
) -> Rules:
    """Return the rules for a new booking, made by `link` if there is one, or for `booking` itself.

    Code that needs a length, a limit or a place asks this function and not the calendar, because a
    booking keeps its length when the calendar's changes. It makes no query.

    A link has no rules of its own yet. Once it has a length or a place, this function will prefer
    them to the calendar's, also for a booking that was made by the link (`booking.one_time_link`).
    """
    return Rules(
        duration=_length_of(booking) if booking else calendar.duration,
        # A booking of another length has this interval, too: slots never depend on the viewer.
        slot_interval=calendar.slot_interval,
        buffer_before=timedelta(minutes=calendar.buffer_before_minutes),
        buffer_after=timedelta(minutes=calendar.buffer_after_minutes),
        minimum_notice=timedelta(minutes=calendar.minimum_notice_minutes),
        booking_window_days=calendar.booking_window_days,
        daily_cap=calendar.daily_cap,
        location=calendar.location,
    )


def _length_of(booking: Booking) -> timedelta:
    return booking.ends_at - booking.starts_at
