"""Tests of the owner's list of bookings."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from booking.models import Booking
from booking.owner.listing import PAGE_SIZE
from calendars.models import Calendar, Owner
from tests.booking.conftest import SUNDAY
from tests.support.database.queries import counted_queries
from tests.support.pages.parsing import shows, text_of
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

pytestmark = pytest.mark.usefixtures("clock")
LIST = "/bookings/"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def names(response: Any) -> list[str]:
    days = response.context["bookings"].days
    return [row.booking.client_name for day in days for row in day.rows]


def counts(response: Any) -> list[str]:
    return [f"{each.label} {each.count}" for each in response.context["bookings"].filters]


def book(calendar: Calendar, name: str, starts_at: datetime, **facts: Any) -> Booking:
    return BookingFactory.create(calendar=calendar, client_name=name, starts_at=starts_at, **facts)


@pytest.fixture
def some(calendar: Calendar) -> None:
    book(calendar, "Second", SUNDAY + 2 * HOUR)
    book(calendar, "First", SUNDAY + HOUR)
    book(calendar, "Going on", SUNDAY - HOUR / 4)
    book(calendar, "Just over", SUNDAY - HOUR / 2 - HOUR / 4)
    book(calendar, "Long over", SUNDAY - 9 * DAY)
    book(calendar, "Never was", SUNDAY + HOUR, cancelled_at=SUNDAY - DAY)
    book(calendar, "Never was either", SUNDAY - DAY, cancelled_at=SUNDAY - 2 * DAY)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["Going on", "First", "Second"]),
        ("?show=past", ["Just over", "Long over"]),
        ("?show=cancelled", ["Never was", "Never was either"]),
        ("?show=bogus", ["Going on", "First", "Second"]),
        ("?before=x&after=-1&calendar=0&q=%00", ["Going on", "First", "Second"]),
        ("?after=99999999999999999999999", ["Going on", "First", "Second"]),
    ],
)
@pytest.mark.usefixtures("some")
def test_list_shows_one_kind_in_its_order(signed_in: Client, query: str, shown: list[str]) -> None:
    response = signed_in.get(LIST + query)
    assert names(response) == shown
    assert counts(response) == ["Upcoming 3", "Past 2", "Cancelled 2"]


def test_booking_of_a_whole_day_is_upcoming_until_it_ends(signed_in: Client, olive: Owner) -> None:
    calendar = CalendarFactory.create(owner=olive, duration_minutes=24 * 60)
    almost_over = SUNDAY - DAY + timedelta(seconds=1)
    book(calendar, "All day", almost_over)
    assert names(signed_in.get(LIST)) == ["All day"]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=MÜLLER", ["Örjan Müller"]),
        ("q=örjan", ["Örjan Müller"]),
        ("q=öRJAN+mULLer", ["Örjan Müller"]),
        ("q=o%CC%88rjan", ["Örjan Müller"]),
        ("q=COMPANY.EX", ["Cleo Client"]),
        ("q=100%25", []),
        ("q=_", []),
    ],
)
def test_search_looks_at_names_and_emails(
    signed_in: Client, calendar: Calendar, query: str, shown: list[str]
) -> None:
    book(calendar, "Cleo Client", SUNDAY + DAY, client_email="cleo@company.example")
    book(calendar, "Örjan Müller", SUNDAY + 2 * DAY)
    response = signed_in.get(f"{LIST}?{query}")
    assert names(response) == shown
    assert counts(response)[0] == f"Upcoming {len(shown)}"


def test_calendar_narrows_the_list_and_its_counts(
    signed_in: Client, calendar: Calendar, olive: Owner, sam: Owner
) -> None:
    other = CalendarFactory.create(owner=olive, name="Onboarding")
    theirs = CalendarFactory.create(owner=sam, name="Sam's own")
    book(calendar, "Cleo", SUNDAY + DAY)
    book(other, "Noor", SUNDAY + 2 * DAY)
    book(theirs, "Sam's client", SUNDAY + 3 * DAY)
    response = signed_in.get(f"{LIST}?calendar={other.pk}")
    assert names(response) == ["Noor"]
    assert counts(response) == ["Upcoming 1", "Past 0", "Cancelled 0"]
    assert f'<option value="{other.pk}" selected>' in text_of(response)
    assert "Sam's own" not in text_of(response)
    assert names(signed_in.get(f"{LIST}?calendar={theirs.pk}")) == []


@pytest.mark.parametrize("show", ["upcoming", "past"])
def test_pages_lead_on_and_back(signed_in: Client, calendar: Calendar, show: str) -> None:
    total = 2 * PAGE_SIZE + 5
    sign = 1 if show == "upcoming" else -1
    expected = [f"No. {n}" for n in range(total)]
    for n in range(total):
        book(calendar, f"No. {n}", SUNDAY + sign * (n + 1) * HOUR)
    address, found = f"{LIST}?show={show}&q=no", []
    while address:
        response = signed_in.get(address)
        found += names(response)
        address = response.context["bookings"].next
    assert found == expected
    back = signed_in.get(response.context["bookings"].previous)
    assert names(back) == expected[total - 5 - PAGE_SIZE : total - 5]
    first = signed_in.get(back.context["bookings"].previous)
    assert names(first) == expected[:PAGE_SIZE]
    assert first.context["bookings"].previous is None


def test_page_after_a_strangers_booking_is_the_first(
    signed_in: Client, calendar: Calendar, sam: Owner
) -> None:
    theirs = book(CalendarFactory.create(owner=sam), "Sam's client", SUNDAY + 5 * DAY)
    book(calendar, "Cleo", SUNDAY + DAY)
    assert names(signed_in.get(f"{LIST}?after={theirs.pk}")) == ["Cleo"]
    assert counts(signed_in.get(LIST)) == ["Upcoming 1", "Past 0", "Cancelled 0"]


def test_rows_stand_by_days_of_their_calendars(signed_in: Client, olive: Owner) -> None:
    tokyo = CalendarFactory.create(owner=olive, name="Tokyo desk", time_zone="Asia/Tokyo")
    book(tokyo, "Late", SUNDAY + 2 * HOUR)  # 23:00 in Tokyo
    book(tokyo, "After midnight", SUNDAY + 3 * HOUR)
    book(tokyo, "Next year", SUNDAY + 60 * DAY)
    days = signed_in.get(LIST).context["bookings"].days
    assert [(day.label, [row.times for row in day.rows]) for day in days] == [
        ("Today, Sunday 22 November", ["23:00–23:30"]),
        ("Tomorrow, Monday 23 November", ["00:00–00:30"]),
        ("Thursday, 21 January 2027", ["21:00–21:30"]),
    ]


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Paris", ""),
        ("Asia/Tokyo", "18:00–18:30 in Tokyo"),
        ("Pacific/Kiritimati", "23:00–23:30 in Kiritimati"),
        ("Asia/Calcutta", "14:30–15:00 in Kolkata"),
        ("Pacific/Pago_Pago", "Sun 22 Nov, 22:00–22:30 in Pago Pago"),
        ("US/Pacific-New", ""),  # This zone existed once.
    ],
)
def test_row_names_the_clients_time_where_it_differs(
    signed_in: Client, calendar: Calendar, zone: str, said: str
) -> None:
    book(calendar, "Cleo", datetime.fromisoformat("2026-11-23T09:00Z"), client_time_zone=zone)
    [day] = signed_in.get(LIST).context["bookings"].days
    assert (day.rows[0].times, day.rows[0].client_times) == ("10:00–10:30", said)


def test_row_leads_to_the_booking_and_to_its_link(signed_in: Client, calendar: Calendar) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, note="Acme, Ms Ito")
    booking = book(calendar, "Cleo", SUNDAY + DAY, one_time_link=link)
    by_hand = book(calendar, "By phone", SUNDAY + 2 * DAY, client_email="", made_by_owner=True)
    text = text_of(signed_in.get(LIST))
    assert shows(text, f'href="/bookings/{booking.pk}/"><bdi>Cleo</bdi></a>')
    address = f"/calendars/discovery-call/one-time-links/?start={link.pk}#link-{link.pk}"
    assert shows(text, f'href="{address}">Acme, Ms Ito</a>')
    assert f'id="link-{link.pk}"' in text_of(signed_in.get(address))
    assert shows(text, f'href="/bookings/{by_hand.pk}/"><bdi>By phone</bdi></a>')
    assert text.count("entered by you") == 1
    assert booking.manage_token not in text
    assert link.token not in text


def test_link_of_a_deleted_calendar_leads_nowhere(signed_in: Client, calendar: Calendar) -> None:
    link = OneTimeLinkFactory.create(calendar=calendar, note="Acme, Ms Ito")
    book(calendar, "Cleo", SUNDAY - DAY, one_time_link=link)
    Calendar.objects.update(deleted_at=timezone.now())
    text = text_of(signed_in.get(f"{LIST}?show=past"))
    assert shows(text, "by one-time link: Acme, Ms Ito")
    assert "one-time-links" not in text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "No bookings yet"),
        ("?show=past", "No bookings yet"),
        ("?q=cleo", "No name or email here contains “cleo”."),
    ],
)
def test_empty_list_says_what_it_is_for(signed_in: Client, query: str, said: str) -> None:
    text = text_of(signed_in.get(LIST + query))
    assert said in text
    assert "Export CSV" not in text


@pytest.mark.parametrize(
    ("query", "said"),
    [("", "No upcoming bookings"), ("?show=past", "No past bookings")],
)
def test_empty_kind_says_so(signed_in: Client, calendar: Calendar, query: str, said: str) -> None:
    book(calendar, "Cleo", SUNDAY + DAY, cancelled_at=SUNDAY)
    assert f"<h2>{said}</h2>" in text_of(signed_in.get(LIST + query))


@pytest.mark.parametrize("show", ["upcoming", "past", "cancelled"])
def test_same_queries_for_one_row_and_for_thirty(
    signed_in: Client, calendar: Calendar, olive: Owner, show: str
) -> None:
    numbers = []
    sign, cancelled_at = (1 if show == "upcoming" else -1), SUNDAY if show == "cancelled" else None
    for rows in (range(1, 2), range(2, 31)):
        for n in rows:
            own = CalendarFactory.create(owner=olive) if n % 7 == 0 else calendar
            link = OneTimeLinkFactory.create(calendar=own)
            starts_at = SUNDAY + sign * (n + 1) * HOUR
            book(own, f"{n}", starts_at, one_time_link=link, cancelled_at=cancelled_at)
        with counted_queries() as statements:
            signed_in.get(f"{LIST}?show={show}")
        numbers.append(len(statements))
    # The queries are for the session, its owner, waiting emails, failed emails, the rows, the
    # calendars to choose from and the counts.
    assert numbers == [7, 7]


def test_long_list_is_never_skipped_through(signed_in: Client, calendar: Calendar) -> None:
    bookings = [book(calendar, f"{n}", SUNDAY + (n + 1) * HOUR) for n in range(PAGE_SIZE + 1)]
    with counted_queries() as statements:
        signed_in.get(f"{LIST}?after={bookings[-2].pk}")
    assert not [sql for sql in statements if "OFFSET" in sql]


def test_nobody_is_asked_to_sign_in(client: Client, db: None) -> None:
    for path in (LIST, f"{LIST}export/", f"{LIST}new/", f"{LIST}1/", f"{LIST}1/reschedule/"):
        response = client.get(path)
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in/")
