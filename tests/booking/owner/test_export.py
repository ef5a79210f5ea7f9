"""Tests of the export of bookings as a table for spreadsheets."""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from weakref import WeakSet

import pytest
from django.test import Client

from booking.models import Booking
from booking.owner import export, list_views
from booking.owner.export import ROWS_AT_ONCE, to_csv
from calendars.csvtext import safe_cell
from calendars.models import Calendar, Owner
from tests.booking.conftest import SUNDAY
from tests.support.database.queries import counted_queries
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

pytestmark = pytest.mark.usefixtures("clock")
EXPORT = "/bookings/export/"
SLOT = datetime.fromisoformat("2027-03-27T09:00Z")
DAY = timedelta(days=1)


def content_of(response: Any) -> str:
    return b"".join(streamed(response)).decode()


def streamed(response: Any) -> Iterator[bytes]:
    return iter(response.streaming_content)


def table(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content_of(response).removeprefix("\ufeff"))))


def test_table_tells_everything_but_secrets(signed_in: Client, calendar: Calendar) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, note="Acme, “Ms” Ito")
    booking = BookingFactory.create(
        calendar=calendar,
        one_time_link=link,
        starts_at=SLOT,
        client_name='Cleo "C" Client, Ltd',
        client_time_zone="Asia/Tokyo",
        answers=[
            {"question": "Topic?", "answer": "Shop\nPrices"},
            {"question": "Record?", "answer": "no"},
        ],
        created_at=SUNDAY,
    )
    response = signed_in.get(EXPORT)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    name = 'attachment; filename="bookings-upcoming-2026-11-22.csv"'
    assert response["Content-Disposition"] == name
    assert response["Cache-Control"] == "no-store"
    text = content_of(response)
    assert text.startswith('\ufeff"Starts at",')
    assert text.count("\r\n") == text.count("\n") == 2
    for secret in (link.token, booking.manage_token, booking.nonce):
        assert secret not in text
    assert table(signed_in.get(EXPORT)) == [
        {
            "Starts at": "2027-03-27T10:00:00+01:00",
            "Ends at": "2027-03-27T10:30:00+01:00",
            "Time zone": "Europe/Berlin",
            "Calendar": "Discovery call",
            "Name": 'Cleo "C" Client, Ltd',
            "Email": "cleo@example.com",
            "Starts at for the client": "2027-03-27T18:00:00+09:00",
            "Client’s time zone": "Asia/Tokyo",
            "Answers": "Topic? Shop Prices | Record? no",
            "Came by": "one-time link",
            "Note": "Acme, “Ms” Ito",
            "Booked at": "2026-11-22T13:00:00+01:00",
            "Cancelled at": "",
            "No-show": "",
        }
    ]


def test_row_of_a_public_booking_has_no_note(signed_in: Client, calendar: Calendar) -> None:
    BookingFactory.create(calendar=calendar, starts_at=SLOT, created_at=SUNDAY)
    assert table(signed_in.get(EXPORT)) == [
        {
            "Starts at": "2027-03-27T10:00:00+01:00",
            "Ends at": "2027-03-27T10:30:00+01:00",
            "Time zone": "Europe/Berlin",
            "Calendar": "Discovery call",
            "Name": "Cleo Client",
            "Email": "cleo@example.com",
            "Starts at for the client": "2027-03-27T10:00:00+01:00",
            "Client’s time zone": "Europe/Berlin",
            "Answers": "",
            "Came by": "public page",
            "Note": "",
            "Booked at": "2026-11-22T13:00:00+01:00",
            "Cancelled at": "",
            "No-show": "",
        }
    ]


def test_export_follows_the_filter_and_not_the_page(
    signed_in: Client, calendar: Calendar, olive: Owner, sam: Owner
) -> None:
    other = CalendarFactory.create(owner=olive)
    facts: list[dict[str, Any]] = [
        {"client_name": "Over", "starts_at": SUNDAY - DAY, "no_show_at": SUNDAY},
        {"client_name": "Over before", "starts_at": SUNDAY - 2 * DAY, "calendar": other},
        {"client_name": "Off", "starts_at": SUNDAY - DAY, "cancelled_at": SUNDAY},
        {"client_name": "By phone", "starts_at": SUNDAY + DAY, "made_by_owner": True},
        {"client_name": "Sam's", "calendar": CalendarFactory.create(owner=sam)},
    ]
    for each in facts:
        BookingFactory.create(**{"calendar": calendar, **each})
    found = {
        query: [row["Name"] for row in table(signed_in.get(EXPORT + query))]
        for query in (
            "",
            "?show=past",
            f"?show=past&after={Booking.objects.get(client_name='Over').pk}",
            f"?show=past&calendar={other.pk}",
            "?show=cancelled",
            "?show=past&q=BEFORE",
        )
    }
    assert list(found.values()) == [
        ["By phone"],
        ["Over", "Over before"],
        ["Over", "Over before"],
        ["Over before"],
        ["Off"],
        ["Over before"],
    ]
    [over, _before] = table(signed_in.get(f"{EXPORT}?show=past"))
    assert (over["No-show"], over["Came by"]) == ("yes", "public page")
    [by_phone] = table(signed_in.get(EXPORT))
    assert by_phone["Came by"] == "entered by you"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1+1", "'＝1+1"),
        ("\t=1+1", "'=1+1"),
        ("\r\n =1+1", "'=1+1"),
        ("Cleo\n=1+1", "Cleo =1+1"),
        # Where semicolons separate columns, the part behind one is a cell of its own.
        ('x";=HYPERLINK("http://evil")', 'x";\'=HYPERLINK("http://evil")'),
        ("a; b; +c", "a; b; '+c"),
        ('x;"=HYPERLINK(1)', "x;\"'=HYPERLINK(1)"),
        ('x; "" \'=1+1', "x; \"\" ''=1+1"),
        ('"=1+1', "\"'=1+1"),
        ("Cleo = Client", "Cleo = Client"),
        ("cleo+news@example.com", "cleo+news@example.com"),
    ],
)
def test_no_cell_is_taken_for_a_formula(text: str, safe: str) -> None:
    assert safe_cell(text) == safe


def test_every_column_that_others_fill_is_safe(signed_in: Client, olive: Owner) -> None:
    calendar = CalendarFactory.create(owner=olive, name="=calendar")
    BookingFactory.create(
        calendar=calendar,
        one_time_link=OneTimeLinkFactory.create(calendar=calendar, note="=note"),
        client_name="=name",
        client_email="+e@example.com",
        answers=[{"question": "=question", "answer": "=answer"}],
    )
    [row] = table(signed_in.get(EXPORT))
    assert [text for text in row.values() if text[:1] in {*"=+-@"}] == []
    assert row["Answers"] == "'=question =answer"


def test_zone_that_is_gone_keeps_no_row_back(signed_in: Client, calendar: Calendar) -> None:
    for n, zone in enumerate(("US/Pacific-New", "Asia/Tokyo")):
        BookingFactory.create(
            calendar=calendar, starts_at=SLOT + n * DAY, client_time_zone=zone, client_name=zone
        )
    gone, tokyo = table(signed_in.get(EXPORT))
    assert gone["Starts at for the client"] == gone["Starts at"] == "2027-03-27T10:00:00+01:00"
    assert gone["Client’s time zone"] == "US/Pacific-New"
    assert tokyo["Starts at for the client"] == "2027-03-28T18:00:00+09:00"


@pytest.mark.usefixtures("calendar")
def test_table_is_in_the_readers_language(signed_in: Client, calendar: Calendar) -> None:
    """The rows are in that language too, although they are made after the request is over."""
    BookingFactory.create(calendar=calendar, starts_at=SLOT, made_by_owner=True)
    response = signed_in.get(EXPORT, headers={"Accept-Language": "de"})
    [row] = table(response)
    assert (row["Beginn"][:10], row["Kalender"]) == ("2027-03-27", calendar.name)
    assert row["Herkunft"] == "von Ihnen eingetragen"


def test_export_of_nothing_is_its_head(signed_in: Client) -> None:
    assert table(signed_in.get(f"{EXPORT}?q=nobody")) == []


def test_long_export_takes_one_query_and_holds_few_rows_at_once(
    signed_in: Client, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (export, list_views):
        monkeypatch.setattr(module, "ROWS_AT_ONCE", 10)
    for n in range(45):
        BookingFactory.create(calendar=calendar, starts_at=SUNDAY + (n + 1) * timedelta(hours=1))
    alive, most = WeakSet[Booking](), 0
    cells = export._cells

    def watch(booking: Booking) -> list[str]:
        nonlocal most
        alive.add(booking)
        most = max(most, len(alive))
        return cells(booking)

    monkeypatch.setattr(export, "_cells", watch)
    with counted_queries() as statements:
        pieces = list(streamed(signed_in.get(EXPORT)))
    # The queries are for the session, its owner and the rows.
    assert len(statements) == 3
    assert len(pieces) == 5
    assert most <= 2 * 10


def test_pieces_come_as_they_are_read(calendar: Calendar) -> None:
    booking = BookingFactory.build(calendar=calendar, host=calendar.owner, one_time_link=None)
    read = []

    def rows() -> Any:
        for n in range(3 * ROWS_AT_ONCE):
            read.append(n)
            yield booking

    next(to_csv(rows()))
    assert len(read) < 2 * ROWS_AT_ONCE
