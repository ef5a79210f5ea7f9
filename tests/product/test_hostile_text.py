"""Hostile text is refused at its field, in words, or accepted as it is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from booking.acts.nonces import make_nonce
from booking.models import Booking
from calendars.models import MAX_REMINDERS, Calendar, Owner
from onetime_links.models import OneTimeLink
from tests.product.test_access_table import taken_back
from tests.support.database.queries import all_rows
from tests.support.world.factories import (
    PASSWORD,
    BookingFactory,
    CalendarFactory,
    OneTimeLinkFactory,
)
from tests.support.world.hostile import (
    AT,
    HIDDEN,
    INERT,
    LINES,
    LONG,
    ORIGIN,
    QUESTION,
    SLOT,
    SUNDAY,
    Tree,
)

UNIMPORTANT = {"session", "tally"}


@dataclass(frozen=True)
class Entry:
    """A field of a form; `rest` holds the other fields that the form needs.

    Names in braces in the address are looked up, and `refused` is the status of a refusal.
    """

    address: str
    name: str
    rest: dict[str, Any] = field(default_factory=dict)
    takes_lines: bool = False
    as_owner: bool = True
    refused: int = 422


CALL = "/calendars/discovery-call"
DETAILS = {"name": "Discovery call", "slug": "discovery-call", "colour": "green"}
BOOKING = {"name": "Cleo", "email": "cleo@example.com", "at": AT}
CHANGE = {"sequence": 0}
TIME = {"date": "2026-11-24", "slot": "other", "time": "15:00"}
ADMIN = "/admin/onetime_links/onetimelink"
ENTRIES = {
    "client's name": Entry("/book/discovery-call/bookings/", "name", BOOKING, as_owner=False),
    "short answer": Entry("/book/discovery-call/bookings/", "{text}", BOOKING, as_owner=False),
    "long answer": Entry(
        "/book/discovery-call/bookings/", "{long}", BOOKING, takes_lines=True, as_owner=False
    ),
    "calendar's name": Entry(f"{CALL}/meeting-details/", "name", DETAILS),
    "description": Entry(f"{CALL}/meeting-details/", "description", DETAILS, takes_lines=True),
    "location": Entry(f"{CALL}/meeting-details/", "location", DETAILS),
    "question": Entry(f"{CALL}/booking-form/", "question-0-label", {"question-0-kind": "text"}),
    "note of a link": Entry(f"{CALL}/one-time-links/", "note"),
    "owner's name": Entry("/profile/", "display_name", {"email": "olive@example.com"}),
    "note of time off": Entry(
        "/bookings/time-off/new/", "note", {"first": "2026-12-24", "time_zone": "Europe/Berlin"}
    ),
    "personal line": Entry(
        f"{CALL}/notifications/",
        "personal_line",
        {f"reminder_minutes:{index}:unit": "hours" for index in range(MAX_REMINDERS)},
        takes_lines=True,
    ),
    "new calendar": Entry(
        "/calendars/new/", "name", {"duration_minutes": 30, "time_zone": "UTC", "slug": "other"}
    ),
    "client's reason": Entry(
        "/manage/{manage}/cancellation/", "message", CHANGE, takes_lines=True, as_owner=False
    ),
    "client's message": Entry(
        "/manage/{manage}/reschedule/",
        "message",
        CHANGE | {"at": AT},
        takes_lines=True,
        as_owner=False,
    ),
    "owner's reason": Entry(
        "/bookings/{booking}/cancellation/", "message", CHANGE, takes_lines=True
    ),
    "owner's message": Entry(
        "/bookings/{booking}/reschedule/", "message", CHANGE | TIME, takes_lines=True
    ),
    "name in an entry": Entry(
        "/bookings/new/", "name", TIME | {"time_zone": "UTC", "token": "x" * 22}
    ),
    "name of who asks": Entry("/l/{revoked}/requests/", "name", as_owner=False),
    "word of who asks": Entry(
        "/l/{revoked}/requests/", "word", {"name": "Cleo"}, takes_lines=True, as_owner=False
    ),
    "new owner's name": Entry(
        "/sign-up/",
        "display_name",
        {"email": "new@example.com", "password": PASSWORD},
        as_owner=False,
    ),
    "note in the admin": Entry(f"{ADMIN}/{{link}}/change/", "note", refused=200),
    "owner's name in the admin": Entry(
        "/admin/calendars/owner/{owner}/change/",
        "display_name",
        {"email": "olive@example.com", "language": "en", "time_zone": "UTC"}
        | {"is_active": "on", "is_staff": "on", "is_superuser": "on"},
        refused=200,
    ),
}


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(SUNDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def calendar(olive: Owner, clock: time_machine.Traveller, settings: Any) -> Calendar:
    settings.SIGN_UP_OPEN = True
    Owner.objects.update(is_staff=True, is_superuser=True)
    calendar = CalendarFactory.create(
        owner=olive,
        name="Discovery call",
        slug="discovery-call",
        questions=[QUESTION, {**QUESTION, "kind": "long"}],
    )
    BookingFactory.create(calendar=calendar, starts_at=SLOT + timedelta(hours=2))
    OneTimeLinkFactory.create(calendar=calendar)
    OneTimeLinkFactory.create(calendar=calendar, created_at=SUNDAY, revoked_at=SUNDAY)
    return calendar


def looked_up(address: str, calendar: Calendar) -> str:
    [booking] = Booking.objects.filter(starts_at__gt=SLOT)
    links = OneTimeLink.objects.order_by("pk")
    return address.format(
        manage=booking.manage_token,
        booking=booking.pk,
        revoked=links[1].token,
        link=links[0].pk,
        owner=calendar.owner_id,
    )


def send(client: Client, calendar: Calendar, entry: Entry, text: str) -> tuple[Any, str]:
    """Send the text in the entry's field; return the answer and the field's name."""
    if entry.as_owner:
        client.force_login(calendar.owner)
    page = Tree.of(client.get("/book/discovery-call/", {"at": AT}))
    asked = [name for name in page.inputs if name.startswith("question-")]
    name = entry.name.format(**dict(zip(("text", "long"), asked, strict=True)))
    nonce = make_nonce(calendar=calendar, link=None, slot=SLOT)
    data = {"nonce": nonce, "calendar": calendar.pk, **entry.rest, name: text}
    return client.post(looked_up(entry.address, calendar), data, headers=ORIGIN), name


def stored_texts() -> list[str]:
    texts = [
        str(value) for rows in all_rows(but=UNIMPORTANT).values() for row in rows for value in row
    ]
    texts += [each["answer"] for booking in Booking.objects.all() for each in booking.answers]
    return texts + [each["label"] for each in Calendar.objects.all()[0].questions]


# The text never reaches the database, so one database is enough.
@pytest.mark.once
@pytest.mark.parametrize("place", ENTRIES)
def test_hidden_characters_are_refused_at_their_field(
    client: Client, calendar: Calendar, place: str
) -> None:
    entry = ENTRIES[place]
    client.force_login(calendar.owner)
    before = all_rows(but=UNIMPORTANT)
    for text in (HIDDEN | LONG | ({} if entry.takes_lines else LINES)).values():
        response, name = send(client, calendar, entry, text)
        tree = Tree.of(response)
        assert (response.status_code, text[:50]) == (entry.refused, text[:50])
        assert tree.inputs[name]["aria-invalid"] == "true"
        # The typed text is still there, except for line breaks, which a textarea normalises.
        assert tree.inputs[name].get("value", "").split() == text.split()
    assert all_rows(but=UNIMPORTANT) == before


@pytest.mark.parametrize(
    "email",
    [
        *(
            '"a\x0bb"@example.com',
            '"a\x01b"@example.com',
            "a@ex\u202eample.com",
            "a\x00@example.com",
        ),
        *("a@example.com\r\nBcc: b@example.com", "a@example.com,b@example.com", "x" * 100_000),
    ],
)
def test_hidden_characters_in_an_email_are_refused(
    client: Client, calendar: Calendar, email: str
) -> None:
    entry = Entry("/book/discovery-call/bookings/", "email", BOOKING, as_owner=False)
    response, name = send(client, calendar, entry, email)
    assert response.status_code == 422
    assert Tree.of(response).inputs[name]["aria-invalid"] == "true"
    client.force_login(calendar.owner)
    response = client.post("/profile/", {"display_name": "Olive", "email": email})
    assert response.status_code == 422
    assert Booking.objects.get().client_email == "cleo@example.com"


@pytest.mark.parametrize("place", ENTRIES)
def test_visible_text_is_taken_as_it_is(client: Client, calendar: Calendar, place: str) -> None:
    for text in INERT.values():
        with taken_back():
            response, _name = send(client, calendar, ENTRIES[place], text)
            assert (text, response.status_code // 100) == (text, 3)
            assert text in stored_texts()


@pytest.mark.parametrize("place", ["client's name", "calendar's name"])
def test_half_a_character_becomes_a_visible_mark(
    client: Client, calendar: Calendar, place: str
) -> None:
    """A lone surrogate, which is not UTF-8, neither crashes nor causes trouble in the database."""
    entry = ENTRIES[place]
    client.force_login(calendar.owner)
    nonce = make_nonce(calendar=calendar, link=None, slot=SLOT)
    fields = {**entry.rest, "nonce": nonce}
    body = "&".join(f"{key}={value}" for key, value in fields.items() if key != entry.name)
    body += f"&{entry.name}=a%ED%A0%80b%FFc"
    form = "application/x-www-form-urlencoded"
    response = client.post(entry.address, body, content_type=form, headers=ORIGIN)
    assert response.status_code in {302, 303}
    names = {*Calendar.objects.values_list("name"), *Booking.objects.values_list("client_name")}
    assert [name for (name,) in names if "\ufffd" in name and name[0] == "a"]


def test_four_bytes_times_a_hundred_thousand_are_too_long(
    client: Client, calendar: Calendar
) -> None:
    response, _name = send(client, calendar, ENTRIES["client's name"], "𝕮" * 100_000)
    assert response.status_code == 413
