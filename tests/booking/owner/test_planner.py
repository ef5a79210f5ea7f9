"""Tests of the owner's bookings by week and month."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from playwright.sync_api import Page, expect

from booking.owner.planner import hours_shown, month_of, place, week_of
from booking.times.sources import Item
from calendars.models import Calendar, Owner
from tests.booking.conftest import SUNDAY
from tests.support.database.queries import counted_queries
from tests.support.pages.browser import sign_in
from tests.support.pages.parsing import text_of
from tests.support.world.factories import BookingFactory, CalendarFactory, TimeOffFactory

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def placed(start: datetime, end: datetime, dates: list[date]) -> list[list[tuple[int | None, str]]]:
    days = place([Item(start=start, end=end, label="")], dates, BERLIN)
    return [[(each.hour, each.times) for each in day.placed] for day in days]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (utc(2026, 11, 23, 9), utc(2026, 11, 23, 10), [[(10, "10:00–11:00")], [], []]),
        # An item that goes on past midnight stands on both dates.
        (
            utc(2026, 11, 23, 22, 30),
            utc(2026, 11, 24, 0, 30),
            [[(23, "23:30–24:00")], [(0, "00:00–01:30")], []],
        ),
        (utc(2026, 11, 23, 22), utc(2026, 11, 23, 23), [[(23, "23:00–24:00")], [], []]),
        (utc(2026, 11, 22, 23), utc(2026, 11, 24, 23), [[(None, "")], [(None, "")], []]),
        (utc(2026, 11, 20), utc(2026, 11, 24, 9), [[(None, "")], [(0, "00:00–10:00")], []]),
        (utc(2026, 11, 20), utc(2026, 11, 22, 23), [[], [], []]),
    ],
)
def test_item_stands_on_every_date_that_it_touches(
    start: datetime, end: datetime, expected: list[list[tuple[int | None, str]]]
) -> None:
    assert placed(start, end, week_of(date(2026, 11, 23))[:3]) == expected


def test_hour_that_occurs_twice_keeps_the_order_of_time() -> None:
    items = [
        Item(start=utc(2027, 10, 31, 1, 0), end=utc(2027, 10, 31, 1, 30), label="second"),
        Item(start=utc(2027, 10, 31, 0, 30), end=utc(2027, 10, 31, 1, 0), label="first"),
    ]
    [day] = place(items, [date(2027, 10, 31)], BERLIN)
    assert [(each.hour, each.item.label) for each in day.placed] == [(2, "first"), (2, "second")]


def test_hours_are_those_of_work_and_of_what_there_is() -> None:
    dates = [date(2026, 11, 23)]
    assert hours_shown(place([], dates, BERLIN)) == range(9, 18)
    early = Item(start=utc(2026, 11, 23, 5), end=utc(2026, 11, 23, 6), label="")
    late = Item(start=utc(2026, 11, 23, 20), end=utc(2026, 11, 23, 21), label="")
    assert hours_shown(place([early, late], dates, BERLIN)) == range(6, 22)


def test_week_and_month_hold_their_dates() -> None:
    assert week_of(date(2026, 11, 22))[0] == date(2026, 11, 16)
    assert (month_of(date(2028, 2, 10))[0], len(month_of(date(2028, 2, 10)))) == (
        date(2028, 2, 1),
        29,
    )


@pytest.fixture
def as_olive(client: Client, olive: Owner, clock: time_machine.Traveller) -> Client:
    client.force_login(olive)
    return client


@pytest.mark.parametrize("view", ["week", "month"])
def test_page_shows_live_bookings_and_time_off_of_the_owner(
    as_olive: Client, calendar: Calendar, sam: Owner, view: str
) -> None:
    tuesday = utc(2026, 11, 24, 9)
    shown = BookingFactory.create(calendar=calendar, starts_at=tuesday, client_name="Cleo Here")
    BookingFactory.create(
        calendar=calendar, starts_at=tuesday, client_name="Gone", cancelled_at=SUNDAY
    )
    BookingFactory.create(
        calendar=CalendarFactory.create(owner=sam), starts_at=tuesday, client_name="Theirs"
    )
    BookingFactory.create(calendar=calendar, starts_at=tuesday + 40 * DAY, client_name="Later")
    TimeOffFactory.create(
        host=calendar.owner, starts_at=tuesday + DAY, ends_at=tuesday + DAY + HOUR, note="Dentist"
    )
    page = text_of(as_olive.get(f"/bookings/{view}/?day=2026-11-24"))
    assert f'href="/bookings/{shown.pk}/"' in page
    assert "10:00–10:30" in page
    assert "Dentist" in page
    assert not [name for name in ("Gone", "Theirs", "Later") if name in page]


@pytest.mark.parametrize("view", ["week", "month"])
@pytest.mark.parametrize("day", ["", "x", "9999-12-31", "0001-01-01", "2026-13-01"])
def test_nonsense_shows_today(as_olive: Client, calendar: Calendar, view: str, day: str) -> None:
    response = as_olive.get(f"/bookings/{view}/?day={day}&tz=Mars")
    assert response.status_code == 200
    assert 'aria-current="date"' in text_of(response)


def test_owner_without_calendars_sees_an_empty_week(as_olive: Client) -> None:
    assert "Times in Europe/Berlin" in text_of(as_olive.get("/bookings/week/"))


def test_owners_own_zone_comes_before_those_of_their_calendars(
    as_olive: Client, calendar: Calendar
) -> None:
    Owner.objects.filter(pk=calendar.owner_id).update(time_zone="Asia/Tokyo")
    BookingFactory.create(calendar=calendar, starts_at=utc(2026, 11, 24, 9))
    assert "18:00–18:30" in text_of(as_olive.get("/bookings/week/?day=2026-11-24"))
    berlin = text_of(as_olive.get("/bookings/week/?day=2026-11-24&tz=Europe/Berlin"))
    assert "10:00–10:30" in berlin


def test_other_zone_of_the_owners_calendars_can_be_chosen(
    as_olive: Client, calendar: Calendar
) -> None:
    CalendarFactory.create(owner=calendar.owner, time_zone="Asia/Tokyo")
    BookingFactory.create(calendar=calendar, starts_at=utc(2026, 11, 24, 16))
    assert "17:00–17:30" in text_of(as_olive.get("/bookings/week/?day=2026-11-24"))
    tokyo = text_of(as_olive.get("/bookings/week/?day=2026-11-25&tz=Asia/Tokyo"))
    assert "01:00–01:30" in tokyo


@pytest.mark.parametrize("view", ["week", "month"])
def test_page_needs_as_many_queries_for_many_as_for_one(
    as_olive: Client, calendar: Calendar, view: str
) -> None:
    counts = []
    for rows in (1, 10):
        for n in range(rows):
            BookingFactory.create(
                calendar=calendar, starts_at=utc(2026, 11, 24, 8) + rows * DAY + n * HOUR
            )
        with counted_queries() as statements:
            as_olive.get(f"/bookings/{view}/?day=2026-11-24")
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_week_is_read_by_days_and_leads_to_the_booking(
    page: Page, olive: Owner, calendar: Calendar
) -> None:
    booking = BookingFactory.create(calendar=calendar)
    sign_in(page, olive)
    day = booking.starts_at.astimezone(BERLIN).date()
    page.goto(f"/bookings/week/?day={day}")
    region = page.get_by_role("region", name=f"{day:%A} {day.day} {day:%B}")
    region.get_by_role("link", name="Cleo Client").click()
    expect(page).to_have_url(page.url.split("/bookings/")[0] + f"/bookings/{booking.pk}/")


def test_paper_has_each_date_below_its_weekday_and_is_turned_for_week_and_month_alone(
    page: Page, olive: Owner, calendar: Calendar
) -> None:
    """The print has the grid, although A4 upright is narrower than the screens that show it."""
    CalendarFactory.create(owner=olive, time_zone="Asia/Tokyo")
    booking = BookingFactory.create(calendar=calendar, starts_at=utc(2026, 11, 24, 9))
    sign_in(page, olive)
    page.set_viewport_size({"width": 700, "height": 990})
    page.emulate_media(media="print")
    page.goto("/bookings/month/?day=2026-11-24")
    columns = lefts(page, ".month__weekday")
    days = [columns.index(left) for left in lefts(page, ".month__day")]
    assert days == [day.weekday() for day in month_of(date(2026, 11, 24))]
    expect(page.locator(".planner-zone")).to_have_text(
        "Times in Europe/Berlin", use_inner_text=True
    )
    slip = page.locator(".slip").bounding_box()
    assert slip
    assert slip["height"] < 44
    is_turned = {}
    for path in ("week/?day=2026-11-24", "month/?day=2026-11-24", f"{booking.pk}/"):
        page.goto(f"/bookings/{path}")
        pdf = page.pdf(prefer_css_page_size=True)
        (width, height), *_ = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
        is_turned[path.split("/")[0]] = float(width) > float(height)
    assert is_turned == {"week": True, "month": True, str(booking.pk): False}


def lefts(page: Page, selector: str) -> list[float]:
    found: list[float] = page.locator(selector).evaluate_all(
        "all => all.map((each) => each.getBoundingClientRect().left)"
    )
    return found
