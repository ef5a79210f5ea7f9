from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from calendars.hours import load_schedule
from calendars.kit.walltime import local_date
from calendars.models import Calendar, Owner
from calendars.rules import replace_overrides
from calendars.schedule import Hours
from tests.support.database.queries import counted_queries
from tests.support.pages.parsing import shows
from tests.support.world.factories import CalendarFactory

pytestmark = pytest.mark.django_db
PAGE = "/calendars/discovery-call/availability/"
NEW = f"{PAGE}overrides/new/"


def weekly(calendar: Calendar) -> dict[int, list[Hours]]:
    schedule = load_schedule(calendar, first=date.max, last=date.max)
    return {day: list(hours) for day, hours in schedule.weekly.items()}


def today(calendar: Calendar) -> date:
    return local_date(timezone.now(), calendar.zone)


def overrides(calendar: Calendar) -> dict[date, list[Hours]]:
    stored = load_schedule(calendar, first=date.min, last=date.max).overrides
    return {day: list(hours) for day, hours in stored.items()}


def send(client: Client, **fields: Any) -> Any:
    return client.post(PAGE, {"time_zone": "Europe/Berlin", **fields})


# Weekly hours


def test_stored_hours_are_shown(as_olive: Client, olive: Owner) -> None:
    CalendarFactory.create(owner=olive, slug="discovery-call", hours=[(0, 540, 1440)])
    response = as_olive.get(PAGE)
    assert shows(response, 'name="0-start" value="09:00"')
    assert shows(response, 'name="0-end" value="24:00"')
    assertContains(response, "Unavailable", count=6)


def test_hours_are_saved_as_typed(as_olive: Client, call: Calendar) -> None:
    response = send(
        as_olive,
        **{"0-start": ["9", "14:00"], "0-end": ["12", "24:00"], "6-start": "0:00", "6-end": "1am"},
    )
    assert response.headers["Location"] == PAGE
    assert weekly(call) == {0: [Hours(540, 720), Hours(840, 1440)], 6: [Hours(0, 60)]}
    assertContains(as_olive.get(PAGE), "Availability saved.")


def test_overlapping_ranges_are_allowed(as_olive: Client, call: Calendar) -> None:
    send(as_olive, **{"0-start": ["9", "10"], "0-end": ["12", "17"]})
    assert weekly(call) == {0: [Hours(540, 720), Hours(600, 1020)]}


def test_old_name_of_a_zone_is_taken_and_stays_chosen(as_olive: Client, call: Calendar) -> None:
    send(as_olive, time_zone="US/Eastern")
    call.refresh_from_db()
    assert call.time_zone == "US/Eastern"
    assertContains(as_olive.get(PAGE), '<option value="US/Eastern" selected>')


def test_wrong_hours_are_refused_and_everything_typed_is_kept(
    as_olive: Client, call: Calendar
) -> None:
    before = weekly(call)
    response = send(
        as_olive,
        time_zone="Asia/Tokyo",
        **{"0-start": ["17:00"], "0-end": ["9:00"], "1-start": ["late"], "1-end": [""]},
    )
    assert response.status_code == 422
    for text in (
        '<a href="#id_0-0-start">Monday</a>: The end must come after the start.',
        '<a href="#id_1-0-start">Tuesday</a>: Type both times like 09:00 and 17:30.',
        'id="id_0-0-error"',
        'value="17:00"',
        'value="late"',
        '<option value="Asia/Tokyo" selected>',
        'data-guard="unsaved"',
    ):
        assertContains(response, text, status_code=422)
    assert weekly(call) == before


@pytest.mark.parametrize("zone", ["", "Mars/Phobos", "Factory", "x" * 100])
def test_zone_that_is_none_is_refused(as_olive: Client, call: Calendar, zone: str) -> None:
    response = send(as_olive, time_zone=zone, **{"0-start": "9", "0-end": "10"})
    assert response.status_code == 422
    assertContains(response, 'aria-invalid="true"', status_code=422)


# Buttons that edit the form work the same with a script and without


def rows_after(client: Client, **fields: Any) -> dict[str, list[tuple[str, str]]]:
    response = send(client, **fields)
    assert response.status_code == 200
    assertContains(response, 'data-guard="unsaved"')
    return {
        day.key: [(row.start, row.end) for row in day.rows] for day in response.context["form"].days
    }


def test_add_gives_an_empty_row_and_saves_nothing(as_olive: Client, call: Calendar) -> None:
    before = weekly(call)
    rows = rows_after(as_olive, **{"0-start": "half", "0-end": "", "add": "0"})
    assert rows["0"] == [("half", ""), ("", "")]
    assert weekly(call) == before


def test_add_gives_the_new_row_the_focus(as_olive: Client, call: Calendar) -> None:
    response = send(as_olive, **{"0-start": "9", "0-end": "12", "add": "0"})
    assertContains(response, "autofocus", count=1)
    assertContains(response, 'id="id_0-1-start"')


def test_remove_takes_that_row(as_olive: Client, call: Calendar) -> None:
    typed = {"0-start": ["9", "14"], "0-end": ["12", "17"]}
    assert rows_after(as_olive, **typed, remove="0.0")["0"] == [("14", "17")]
    assert rows_after(as_olive, **typed, remove="0.1")["0"] == [("9", "12")]


def test_copy_replaces_the_hours_of_the_chosen_days(as_olive: Client, call: Calendar) -> None:
    typed = {"0-start": ["9", "14"], "0-end": ["12", "17"], "1-start": "8", "1-end": "9"}
    rows = rows_after(as_olive, **typed, copy="0", **{"0-to": ["1", "6", "0"]})
    expected = [("9", "12"), ("14", "17")]
    assert (rows["0"], rows["1"], rows["6"], rows["2"]) == (expected, expected, expected, [])


@pytest.mark.parametrize(
    "odd",
    [
        {"add": "7"},
        {"add": "x"},
        {"remove": "0"},
        {"remove": "0.9"},
        {"remove": "0.-1"},
        {"remove": "0.²"},
        {"remove": f"0.{'9' * 5000}"},
        {"copy": "9"},
        {"copy": "0", "0-to": "9"},
    ],
)
def test_odd_buttons_change_nothing(as_olive: Client, call: Calendar, odd: dict[str, str]) -> None:
    rows = rows_after(as_olive, **{"0-start": "9", "0-end": "12"}, **odd)
    assert rows["0"] == [("9", "12")]


# Date overrides


def test_day_off_is_saved_and_listed(as_olive: Client, call: Calendar) -> None:
    day = today(call) + timedelta(days=3)
    response = as_olive.post(NEW, {"first": day.isoformat(), "day_off": "yes"})
    assert response.headers["Location"] == PAGE
    assert overrides(call) == {day: []}
    page = as_olive.get(PAGE)
    assertContains(page, f'<time datetime="{day.isoformat()}">')
    assertContains(page, "Day off")
    assertContains(page, "Saved for")


def test_several_days_get_the_same_hours(as_olive: Client, call: Calendar) -> None:
    first = today(call)
    last = first + timedelta(days=2)
    as_olive.post(
        NEW,
        {
            "first": first.isoformat(),
            "last": last.isoformat(),
            "day_off": "no",
            "hours-start": ["10", "15"],
            "hours-end": ["12", "24:00"],
        },
    )
    hours = [Hours(600, 720), Hours(900, 1440)]
    assert overrides(call) == {first + timedelta(days=offset): hours for offset in range(3)}


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"first": ""}, "Fill this in."),
        ({"first": "2026-02-30"}, "valid date"),
        ({"first": "2020-01-01"}, "Choose a date from today on"),
        ({"first": "9999-12-31"}, "Choose a date from today on"),
        ({"last": "2020-01-01"}, "Choose a later date"),
        ({"last": "9999-12-31"}, "Choose a later date"),
        ({"day_off": ""}, "Fill this in."),
        ({"day_off": "maybe"}, "valid choice"),
        ({"day_off": "no"}, "Type the hours, or choose a day off."),
        ({"day_off": "no", "hours-start": "9", "hours-end": ""}, "Type both times"),
    ],
)
def test_wrong_override_is_refused_and_kept(
    as_olive: Client, call: Calendar, fields: dict[str, str], error: str
) -> None:
    tomorrow = (today(call) + timedelta(days=1)).isoformat()
    response = as_olive.post(NEW, {"first": tomorrow, "day_off": "yes", **fields})
    assertContains(response, error, count=2, status_code=422)
    assertContains(response, 'value="9"' if "hours-start" in fields else "", status_code=422)
    assert overrides(call) == {}


def test_hours_of_a_day_off_are_not_judged(as_olive: Client, call: Calendar) -> None:
    tomorrow = today(call) + timedelta(days=1)
    fields = {"first": tomorrow.isoformat(), "day_off": "yes", "hours-start": "?", "hours-end": ""}
    assert as_olive.post(NEW, fields).status_code == 302
    assert overrides(call) == {tomorrow: []}


def test_override_can_be_changed_and_moved(as_olive: Client, call: Calendar) -> None:
    monday, tuesday = today(call) + timedelta(days=7), today(call) + timedelta(days=8)
    replace_overrides(calendar=call, dates=[monday], hours=[Hours(600, 720)], now=timezone.now())
    address = f"{PAGE}overrides/{monday.isoformat()}/"
    response = as_olive.get(address)
    assertContains(response, f'value="{monday.isoformat()}"')
    assert shows(response, 'name="hours-start" value="10:00"')
    fields = {
        "first": tuesday.isoformat(),
        "day_off": "no",
        "hours-start": "11",
        "hours-end": "12",
    }
    assertRedirects(as_olive.post(address, fields), PAGE)
    assert overrides(call) == {tuesday: [Hours(660, 720)]}


def test_replaced_overrides_are_said_to_be(as_olive: Client, call: Calendar) -> None:
    first, second, third = (today(call) + timedelta(days=number) for number in (1, 2, 3))

    def said(address: str, **fields: str) -> list[str]:
        response = as_olive.post(address, {"day_off": "yes", **fields}, follow=True)
        return [str(message).split(". ")[-1] for message in response.context["messages"]]

    hours = {"day_off": "no", "hours-start": "9", "hours-end": "10"}
    assert said(NEW, first=str(first), **hours)[0].startswith("Saved for")
    # The same form a second time, as by a double click, replaces nothing.
    assert said(NEW, first=str(first), **hours)[0].startswith("Saved for")
    assert said(NEW, first=str(first)) == ["It replaces what was set for that date before."]
    replace_overrides(calendar=call, dates=[first], hours=[Hours(540, 600)], now=timezone.now())
    assert said(NEW, first=str(first), last=str(third)) == [
        "It replaces what was set for 1 of them before."
    ]
    # An override that is changed in place replaces nothing but itself.
    address = f"{PAGE}overrides/{first}/"
    assert said(address, first=str(first))[0].startswith("Saved for")
    assert said(address, first=str(second), **hours) == [
        "It replaces what was set for that date before."
    ]
    assert overrides(call) == {second: [Hours(540, 600)], third: []}


def test_override_can_be_removed(as_olive: Client, call: Calendar) -> None:
    day = today(call)
    replace_overrides(calendar=call, dates=[day], hours=[], now=timezone.now())
    address = f"{PAGE}overrides/{day.isoformat()}/removal/"
    assert as_olive.get(address).status_code == 405
    assertContains(as_olive.post(address, follow=True), "The weekly hours apply again on")
    assert overrides(call) == {}


def test_override_button_for_no_row_changes_nothing(as_olive: Client, call: Calendar) -> None:
    fields = {"first": "", "day_off": "no", "hours-start": "9", "hours-end": "10"}
    response = as_olive.post(NEW, {**fields, "remove": f"hours.{'9' * 5000}"})
    assert response.status_code == 200
    assertContains(response, 'name="hours-start"', count=1)


def test_override_buttons_edit_the_form(as_olive: Client, call: Calendar) -> None:
    fields = {"first": "", "day_off": "no", "hours-start": "9", "hours-end": "10", "add": "hours"}
    response = as_olive.post(NEW, fields)
    assert response.status_code == 200
    assertContains(response, 'name="hours-start"', count=2)
    assertNotContains(response, "Fill this in.")


@pytest.mark.parametrize("day", ["2026-02-30", "2026-1-1", "0000-00-00", "tomorrow"])
def test_date_that_is_none_is_404(as_olive: Client, call: Calendar, day: str) -> None:
    assert as_olive.get(f"{PAGE}overrides/{day}/").status_code == 404


def test_past_overrides_are_not_listed(as_olive: Client, call: Calendar) -> None:
    yesterday = today(call) - timedelta(days=1)
    made_at = timezone.now() - timedelta(days=1)
    replace_overrides(calendar=call, dates=[yesterday, today(call)], hours=[], now=made_at)
    response = as_olive.get(PAGE)
    assertNotContains(response, yesterday.isoformat())
    assertContains(response, today(call).isoformat())


def test_overrides_are_paged_with_a_constant_number_of_queries(
    as_olive: Client, call: Calendar
) -> None:
    def dates(count: int) -> list[date]:
        return [today(call) + timedelta(days=offset) for offset in range(count)]

    replace_overrides(calendar=call, dates=dates(1), hours=[Hours(600, 660)], now=timezone.now())
    with counted_queries() as for_one:
        as_olive.get(PAGE)
    replace_overrides(calendar=call, dates=dates(31), hours=[Hours(600, 660)], now=timezone.now())
    with counted_queries() as for_many:
        response = as_olive.get(PAGE)
    assertContains(response, "<time", count=30)
    assertContains(response, 'href="?page=2"')
    assert len(for_one) == len(for_many) <= 9
