"""Bookings as a table for spreadsheets: CSV by RFC 4180."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from booking.models import Booking

# Without it, Excel takes UTF-8 for the machine's old encoding and spoils every name beyond ASCII.
BYTE_ORDER_MARK = "\ufeff"
ROWS_AT_ONCE = 500

# What a spreadsheet takes for a formula at the start of a cell. Also after a semicolon: where that
# parts the columns, as for Excel in half of Europe, the quotes around a cell do not hold it; nor do
# quotes after it, which may be an empty part of a cell.
FORMULA = re.compile(r"""(^|;)([\s"']*)([=+\-@＝＋－＠])""")


class Line:
    """What a csv.writer writes to; hands each line back."""

    def write(self, text: str) -> str:
        return text


def to_csv(bookings: Iterable[Booking]) -> Iterator[str]:
    """In pieces, so that memory holds a few hundred rows at most."""
    writer = csv.writer(Line(), quoting=csv.QUOTE_ALL)
    lines = [BYTE_ORDER_MARK, writer.writerow(_columns())]
    for booking in bookings:
        lines.append(writer.writerow([safe_cell(text) for text in _cells(booking)]))
        if len(lines) >= ROWS_AT_ONCE:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def safe_cell(text: str) -> str:
    """One line of text that no spreadsheet takes for a formula."""
    return FORMULA.sub(r"\1\2'\3", " ".join(text.split()))


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
        booking.client_name,
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
    """By ISO 8601, such as 2026-11-24T10:00:00+01:00: without doubt in any zone."""
    return instant.astimezone(zone).isoformat(timespec="seconds") if instant else ""
