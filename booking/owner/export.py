"""The export of bookings as a table for spreadsheets: CSV by RFC 4180."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from booking.models import Booking
from calendars.csvtext import BYTE_ORDER_MARK, LineWriter, safe_cell

ROWS_AT_ONCE = 500


def to_csv(bookings: Iterable[Booking]) -> Iterator[str]:
    """Yield the table in pieces, so that memory holds a few hundred rows at most."""
    writer = csv.writer(LineWriter(), quoting=csv.QUOTE_ALL)
    lines = [BYTE_ORDER_MARK, writer.writerow(_columns())]
    for booking in bookings:
        lines.append(writer.writerow([safe_cell(text) for text in _cells(booking)]))
        if len(lines) >= ROWS_AT_ONCE:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def _columns() -> list[str]:
    return [
        _("Starts at"),
        _("Ends at"),
        _("Time zone"),
        _("Calendar"),
        _("Name"),
        _("Email"),
        _("Starts at for the client"),
        _("Client’s time zone"),
        _("Answers"),
        _("Came by"),
        _("Note"),
        _("Booked at"),
        _("Cancelled at"),
        _("No-show"),
    ]


def _cells(booking: Booking) -> list[str]:
    calendar, link = booking.calendar, booking.one_time_link
    return [
        _time(booking.starts_at, calendar.zone),
        _time(booking.ends_at, calendar.zone),
        calendar.time_zone,
        calendar.name,
        booking.shown_name,
        booking.client_email,
        _time(booking.starts_at, booking.client_zone),
        booking.client_time_zone,
        " | ".join(f"{each['question']} {each['answer']}" for each in booking.answers_in_words),
        came_by(booking),
        link.note if link else "",
        _time(booking.created_at, calendar.zone),
        _time(booking.cancelled_at, calendar.zone),
        _("yes") if booking.is_no_show else "",
    ]


def came_by(booking: Booking) -> str:
    if booking.one_time_link_id:
        return _("one-time link")
    return _("entered by you") if booking.made_by_owner else _("public page")


def _time(instant: datetime | None, zone: ZoneInfo) -> str:
    """Return the time by ISO 8601, such as 2026-11-24T10:00:00+01:00; empty for None."""
    return instant.astimezone(zone).isoformat(timespec="seconds") if instant else ""
