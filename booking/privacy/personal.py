"""Which fields are personal to a client, and what they hold once the client is erased.

A test declares every field of every model as personal or not, and compares it with this module.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model

from booking.models import Booking, Change, Mail
from calendars.kit.tokens import make_token
from onetime_links.models import LinkRequest, OneTimeLink

ERASED = "Erased"


def blank_booking(booking: Booking) -> dict[str, Any]:
    """Return what stays of the booking's personal fields. Its calendar must be selected.

    The new token and nonce take the booking's page from whoever kept its address, and from the
    browser that booked.
    """
    return {
        "client_name": ERASED,
        "client_email": "",
        "search_text": None,
        "client_time_zone": booking.calendar.time_zone,
        "client_language": Booking._meta.get_field("client_language").get_default(),
        "answers": [],
        "manage_token": make_token(),
        "nonce": make_token(),
    }


# The worker makes a new search text. The server's reply in the error of an email may repeat the
# address.
BLANKS: Mapping[type[Model], Callable[[Any], dict[str, Any]]] = {
    Booking: blank_booking,
    Change: lambda change: {"message": ""},
    Mail: lambda mail: {"error": ""},
    LinkRequest: lambda request: {"client_name": ERASED, "word": "", "search_text": None},
    OneTimeLink: lambda link: {"note": "", "search_text": None},
}


def blank(rows: list[Any], model: type[Model], **facts: Any) -> None:
    """Blank the personal fields of `rows`, and set `facts`, in as few statements as possible."""
    names = set(facts)
    for row in rows:
        values = BLANKS[model](row) | facts
        names |= set(values)
        for name, value in values.items():
            setattr(row, name, value)
    if rows:
        model._base_manager.bulk_update(rows, sorted(names), batch_size=100)
