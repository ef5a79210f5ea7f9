"""What is held of a client as a file: JSON for programs and CSV for spreadsheets.

Both name things in English, whatever the owner speaks. No token is in them.
"""

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from booking.models import Booking
from booking.privacy.held import Held
from calendars.csvtext import BYTE_ORDER_MARK, LineWriter, safe_cell
from calendars.outbox.mailbox import KeptEmail, read
from onetime_links.models import LinkRequest, OneTimeLink

Record = dict[str, Any]


def to_json(held: Held, *, now: datetime) -> str:
    facts = {"client": held.email, "exported_at": now} | records_of(held)
    return json.dumps(facts, default=_text, ensure_ascii=False, indent=2)


def to_csv(held: Held) -> str:
    """Return a table with a line for each value: which record it is of, its name, and the value."""
    writer = csv.writer(LineWriter(), quoting=csv.QUOTE_ALL)
    lines = [BYTE_ORDER_MARK, writer.writerow(["record", "number", "name", "value"])]
    for kind, records in records_of(held).items():
        for number, record in enumerate(records, 1):
            for name, value in _flat(record):
                cells = [kind, str(number), name, value]
                lines.append(writer.writerow(map(safe_cell, cells)))
    return "".join(lines)


def records_of(held: Held) -> dict[str, list[Record]]:
    kept = (read(folder, name) for folder, name in held.kept_emails)
    return {
        "bookings": [_booking(each) for each in held.bookings],
        "requests": [_request(each) for each in held.requests],
        "links": [_link(each) for each in held.noted_links],
        "kept_emails": [_kept(each) for each in kept if each],
    }


def _booking(booking: Booking) -> Record:
    changes, mails = booking.changes.all(), booking.mails.all()
    return {
        "calendar": booking.calendar.name,
        "owner": booking.host.display_name,
        "starts_at": booking.starts_at,
        "ends_at": booking.ends_at,
        "name": booking.client_name,
        "email": booking.client_email,
        "time_zone": booking.client_time_zone,
        "language": booking.client_language,
        "answers": booking.answers,
        "booked_at": booking.created_at,
        "cancelled_at": booking.cancelled_at,
        "no_show_at": booking.no_show_at,
        "changes": [
            {"what": each.act, "by": each.by, "at": each.at, "message": each.message}
            for each in changes
        ],
        "emails": [
            {
                "occasion": mail.occasion,
                "to": mail.recipient,
                "due_at": mail.due_at,
                "sent_at": mail.done_at,
                "error": mail.error,
            }
            for mail in mails
        ],
    }


def _request(request: LinkRequest) -> Record:
    return {"name": request.client_name, "word": request.word, "at": request.created_at}


def _link(link: OneTimeLink) -> Record:
    return {"note": link.note, "at": link.created_at}


def _kept(email: KeptEmail) -> Record:
    return {
        "to": email.recipient,
        "subject": email.subject,
        "at": email.written_at,
        "text": email.text,
    }


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield each single value with its name, such as ("answers.1.question", "Topic?")."""
    if isinstance(value, list):
        value = dict(enumerate(value, 1))
    if not isinstance(value, dict):
        yield name, _text(value)
        return
    for key, part in value.items():
        yield from _flat(part, f"{name}.{key}" if name else str(key))


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return "" if value is None else str(value)
