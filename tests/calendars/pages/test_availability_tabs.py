"""Availability in two tabs: an old page saves what was changed in it, and nothing else."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from calendars.hours import load_schedule, weekly_ranges
from calendars.kit.walltime import local_date
from calendars.models import Calendar, DateOverride, Owner, WeeklyHours
from calendars.rules import replace_overrides, replace_weekly_hours
from calendars.schedule import Hours
from tests.support.pages.parsing import text_of
from tests.support.pages.untouched import Fields, untouched
from tests.support.races.volley import at_once
from tests.support.world.factories import CalendarFactory

pytestmark = pytest.mark.django_db
PAGE = "/calendars/discovery-call/availability/"
NEW = f"{PAGE}overrides/new/"
MORNING, NOON, EVENING = Hours(540, 720), Hours(780, 1020), Hours(1080, 1200)


@pytest.fixture
def call(olive: Owner) -> Calendar:
    return CalendarFactory.create(owner=olive, slug="discovery-call", hours=[])


def give(calendar: Calendar, *ranges: Hours) -> None:
    """Give Monday these ranges."""
    replace_weekly_hours(
        calendar=calendar, time_zone="Europe/Berlin", weekly={0: ranges} if ranges else {}
    )


def mondays(calendar: Calendar) -> Sequence[Hours]:
    weekly = load_schedule(calendar, first=date.max, last=date.max).weekly
    return sorted(weekly.get(0, []))


def drawn(client: Client, address: str = PAGE, *, holding: str = "time_zone") -> Fields:
    return untouched(client.get(address), holding=holding)


def typed(fields: Fields, *, key: str = "0", row: int, hours: str) -> Fields:
    """Return the fields with other times in a row, or with none if `hours` is empty."""
    start, _dash, end = hours.partition("–")
    changed = {name: list(values) for name, values in fields.items()}
    changed[f"{key}-start"][row], changed[f"{key}-end"][row] = start, end
    return changed


def removed(client: Client, fields: Fields, row: int, *, address: str = PAGE) -> Fields:
    """Return the fields of the page that the button × of a row brings."""
    holding = "time_zone" if address == PAGE else "first"
    key = "0" if address == PAGE else "hours"
    response = client.post(address, {**fields, "remove": f"{key}.{row}"})
    return untouched(response, holding=holding)


def added(client: Client, fields: Fields, hours: str) -> Fields:
    response = client.post(PAGE, {**fields, "add": "0"})
    fields = untouched(response, holding="time_zone")
    return typed(fields, row=len(fields["0-start"]) - 1, hours=hours)


def save(client: Client, fields: Fields, address: str = PAGE) -> Any:
    return client.post(address, fields)


def test_untouched_page_undoes_nothing(as_olive: Client, call: Calendar) -> None:
    give(call, MORNING)
    old = drawn(as_olive)
    give(call, NOON, EVENING)
    Calendar.objects.update(time_zone="Asia/Tokyo")
    assert save(as_olive, old).status_code == 302
    call.refresh_from_db()
    assert (mondays(call), call.time_zone) == ([NOON, EVENING], "Asia/Tokyo")


def test_two_tabs_change_two_ranges_of_a_day(as_olive: Client, call: Calendar) -> None:
    give(call, MORNING, NOON)
    old = drawn(as_olive)
    save(as_olive, typed(old, row=0, hours="08:00–12:00"))
    assert save(as_olive, typed(old, row=1, hours="13:00–18:00")).status_code == 302
    assert mondays(call) == [Hours(480, 720), Hours(780, 1080)]


def test_one_tab_changes_hours_and_another_the_zone(as_olive: Client, call: Calendar) -> None:
    give(call, MORNING)
    old = drawn(as_olive)
    save(as_olive, {**old, "time_zone": ["Asia/Tokyo"]})
    save(as_olive, typed(old, row=0, hours="08:00–12:00"))
    call.refresh_from_db()
    assert (mondays(call), call.time_zone) == ([Hours(480, 720)], "Asia/Tokyo")


def test_zone_that_was_changed_elsewhere_is_told(as_olive: Client, call: Calendar) -> None:
    old = drawn(as_olive)
    save(as_olive, {**old, "time_zone": ["Asia/Tokyo"]})
    refused = save(as_olive, {**old, "time_zone": ["Asia/Kolkata"]})
    assert refused.status_code == 422
    assert "Changed elsewhere meanwhile: it is now “Asia/Tokyo”." in text_of(refused)
    assert '<option value="Asia/Kolkata" selected>' in text_of(refused)
    save(as_olive, untouched(refused, holding="time_zone"))
    call.refresh_from_db()
    assert call.time_zone == "Asia/Kolkata"


def test_ranges_added_in_two_tabs_are_both_kept(as_olive: Client, call: Calendar) -> None:
    give(call, MORNING)
    old = drawn(as_olive)
    save(as_olive, added(as_olive, old, "13:00–17:00"))
    save(as_olive, added(as_olive, old, "18:00–20:00"))
    assert mondays(call) == [MORNING, NOON, EVENING]


def test_range_added_in_both_tabs_is_added_once(as_olive: Client, call: Calendar) -> None:
    old = drawn(as_olive)
    for _ in range(2):
        save(as_olive, added(as_olive, old, "13:00–17:00"))
    assert mondays(call) == [NOON]


def test_range_changed_in_both_tabs_is_told_and_then_saved(
    as_olive: Client, call: Calendar
) -> None:
    give(call, MORNING, NOON)
    old = drawn(as_olive)
    save(as_olive, added(as_olive, typed(old, row=0, hours="10:00–12:00"), "18:00–20:00"))
    refused = save(as_olive, typed(old, row=0, hours="09:00–11:00"))
    assert refused.status_code == 422
    text = text_of(refused)
    assert '<a href="#id_0-0-start">Monday</a>: Changed elsewhere meanwhile: it is now ' in text
    assert "“10:00–12:00”. Save again to use yours instead." in text
    assert mondays(call) == [Hours(600, 720), NOON, EVENING]
    again = untouched(refused, holding="time_zone")
    assert again["0-start"] == ["09:00", "13:00", "18:00"]
    assert save(as_olive, again).status_code == 302
    assert mondays(call) == [Hours(540, 660), NOON, EVENING]


def test_same_change_in_both_tabs_is_no_clash(as_olive: Client, call: Calendar) -> None:
    give(call, MORNING)
    old = typed(drawn(as_olive), row=0, hours="10:00–12:00")
    assert [save(as_olive, old).status_code for _ in range(2)] == [302, 302]
    assert mondays(call) == [Hours(600, 720)]


def test_changed_range_that_was_removed_elsewhere_is_told(as_olive: Client, call: Calendar) -> None:
    give(call, MORNING, NOON)
    old = drawn(as_olive)
    save(as_olive, removed(as_olive, old, 0))
    refused = save(as_olive, typed(old, row=0, hours="09:00–11:00"))
    assert refused.status_code == 422
    assert "Removed elsewhere meanwhile." in text_of(refused)
    assert mondays(call) == [NOON]
    save(as_olive, untouched(refused, holding="time_zone"))
    assert mondays(call) == [Hours(540, 660), NOON]


@pytest.mark.parametrize("emptied", [True, False])
def test_removed_range_that_was_changed_elsewhere_is_told(
    as_olive: Client, call: Calendar, emptied: bool
) -> None:
    give(call, MORNING, NOON)
    old = drawn(as_olive)
    without = typed(old, row=0, hours="") if emptied else removed(as_olive, old, 0)
    save(as_olive, typed(old, row=0, hours="10:00–12:00"))
    refused = save(as_olive, without)
    assert refused.status_code == 422
    assert "You removed this, but it was changed elsewhere meanwhile." in text_of(refused)
    assert mondays(call) == [Hours(600, 720), NOON]
    again = untouched(refused, holding="time_zone")
    assert again["0-start"] == ["10:00", "13:00"]
    save(as_olive, removed(as_olive, again, 0))
    assert mondays(call) == [NOON]


def test_range_removed_in_both_tabs_is_gone(as_olive: Client, call: Calendar) -> None:
    give(call, MORNING, NOON)
    old = removed(as_olive, drawn(as_olive), 0)
    assert [save(as_olive, old).status_code for _ in range(2)] == [302, 302]
    assert mondays(call) == [NOON]


def test_copied_hours_follow_the_same_rule(as_olive: Client, call: Calendar) -> None:
    weekly = {0: [MORNING], 1: [MORNING, NOON]}
    replace_weekly_hours(calendar=call, time_zone="Europe/Berlin", weekly=weekly)
    before = weekly_ranges(call)
    copied = as_olive.post(PAGE, {**drawn(as_olive), "copy": "0", "0-to": "1"})
    fields = untouched(copied, holding="time_zone")
    WeeklyHours.objects.create(calendar=call, weekday=1, start_minute=1080, end_minute=1200)
    assert save(as_olive, fields).status_code == 302
    after = weekly_ranges(call)
    assert sorted(after[1].values()) == [MORNING, EVENING]
    # What was there already is the same row as before.
    assert before[0] == after[0]
    assert set(before[1]) & set(after[1])


def test_fourteen_ranges_survive(as_olive: Client, call: Calendar) -> None:
    """The form offers twelve, and the admin may set more."""
    many = [Hours(60 * hour, 60 * hour + 30) for hour in range(14)]
    WeeklyHours.objects.bulk_create(
        WeeklyHours(calendar=call, weekday=0, start_minute=start, end_minute=end)
        for start, end in many
    )
    old = drawn(as_olive)
    assert len(old["0-start"]) == 14
    assert save(as_olive, {**old, "time_zone": ["Asia/Tokyo"]}).status_code == 302
    assert mondays(call) == many
    assert save(as_olive, typed(old, row=0, hours="00:00–00:45")).status_code == 302
    assert mondays(call) == [Hours(0, 45), *many[1:]]


def test_more_than_twelve_of_two_tabs_together_are_refused(
    as_olive: Client, call: Calendar
) -> None:
    give(call, *(Hours(60 * hour, 60 * hour + 30) for hour in range(11)))
    old = drawn(as_olive)
    save(as_olive, added(as_olive, old, "18:00–20:00"))
    refused = save(as_olive, added(as_olive, old, "21:00–22:00"))
    assert refused.status_code == 422
    assert "At most 12." in text_of(refused)
    assert len(mondays(call)) == 12


@pytest.mark.parametrize("told", ["x", "1:2", "9" * 30 + ":1-2", "1:99999-2", "1:-1-2"])
def test_nonsense_about_what_was_shown_counts_as_nothing(
    as_olive: Client, call: Calendar, told: str
) -> None:
    give(call, MORNING)
    fields = drawn(as_olive) | {"0-drawn": [told], "0-gone": [told]}
    assert save(as_olive, fields).status_code == 302
    assert mondays(call) == [MORNING]


# Date overrides


def in_a_week(calendar: Calendar) -> date:
    return local_date(timezone.now(), calendar.zone) + timedelta(days=7)


def override(calendar: Calendar, *hours: Hours, day: date | None = None) -> str:
    """Set the hours of a date, and return the address of its page."""
    day = day or in_a_week(calendar)
    replace_overrides(calendar=calendar, dates=[day], hours=hours, now=timezone.now())
    return f"{PAGE}overrides/{day}/"


def hours_of(calendar: Calendar) -> dict[date, list[Hours]]:
    overrides = load_schedule(calendar, first=date.min, last=date.max).overrides
    return {day: sorted(hours) for day, hours in overrides.items()}


type_range = partial(typed, key="hours")


def test_two_tabs_change_two_ranges_of_a_date(as_olive: Client, call: Calendar) -> None:
    address, day = override(call, MORNING, NOON), in_a_week(call)
    old = drawn(as_olive, address, holding="first")
    save(as_olive, type_range(old, row=0, hours="08:00–12:00"), address)
    save(as_olive, type_range(old, row=1, hours="13:00–18:00"), address)
    assert hours_of(call) == {day: [Hours(480, 720), Hours(780, 1080)]}


def test_range_of_a_date_changed_in_both_tabs_is_told(as_olive: Client, call: Calendar) -> None:
    address, day = override(call, MORNING), in_a_week(call)
    old = drawn(as_olive, address, holding="first")
    save(as_olive, type_range(old, row=0, hours="10:00–12:00"), address)
    refused = save(as_olive, type_range(old, row=0, hours="09:00–11:00"), address)
    assert refused.status_code == 422
    assert "it is now “10:00–12:00”" in text_of(refused)
    assert hours_of(call) == {day: [Hours(600, 720)]}
    save(as_olive, untouched(refused, holding="first"), address)
    assert hours_of(call) == {day: [Hours(540, 660)]}


def test_day_off_here_and_hours_elsewhere_are_told(as_olive: Client, call: Calendar) -> None:
    address, day = override(call, MORNING), in_a_week(call)
    old = drawn(as_olive, address, holding="first")
    save(as_olive, type_range(old, row=0, hours="10:00–12:00"), address)
    refused = save(as_olive, {**old, "day_off": ["yes"]}, address)
    assert refused.status_code == 422
    assert "it is now “10:00–12:00”" in text_of(refused)
    save(as_olive, untouched(refused, holding="first"), address)
    assert hours_of(call) == {day: []}


def test_hours_here_and_day_off_elsewhere_are_told(as_olive: Client, call: Calendar) -> None:
    address, day = override(call, MORNING), in_a_week(call)
    added_here = as_olive.post(
        address, {**drawn(as_olive, address, holding="first"), "add": "hours"}
    )
    old = untouched(added_here, holding="first")
    save(as_olive, {**old, "day_off": ["yes"]}, address)
    assert hours_of(call) == {day: []}
    refused = save(as_olive, type_range(old, row=1, hours="18:00–20:00"), address)
    assert refused.status_code == 422
    assert "it is now “Day off”" in text_of(refused)
    save(as_olive, untouched(refused, holding="first"), address)
    assert hours_of(call) == {day: [MORNING, EVENING]}


def test_untouched_day_off_keeps_hours_set_elsewhere(as_olive: Client, call: Calendar) -> None:
    address, day = override(call), in_a_week(call)
    old = drawn(as_olive, address, holding="first")
    new = {**old, "day_off": ["no"], "hours-start": ["09:00"], "hours-end": ["12:00"]}
    save(as_olive, new, address)
    assert save(as_olive, old, address).status_code == 302
    assert hours_of(call) == {day: [MORNING]}


def test_date_that_was_removed_elsewhere_is_told_and_what_was_typed_kept(
    as_olive: Client, call: Calendar
) -> None:
    address, day = override(call, MORNING, NOON), in_a_week(call)
    old = type_range(drawn(as_olive, address, holding="first"), row=0, hours="10:00–12:00")
    as_olive.post(f"{address}removal/")
    refused = save(as_olive, old, address)
    assert refused.status_code == 422
    assert "Removed elsewhere meanwhile." in text_of(refused)
    assert hours_of(call) == {}
    assert save(as_olive, untouched(refused, holding="first"), address).status_code == 302
    assert hours_of(call) == {day: [Hours(600, 720), NOON]}


def test_date_set_elsewhere_is_not_replaced_unseen(as_olive: Client, call: Calendar) -> None:
    day = in_a_week(call)
    other = override(call, MORNING, day=day + timedelta(days=1))
    for address in (NEW, other):
        old = {**drawn(as_olive, address, holding="first"), "first": [str(day)]}
        override(call, NOON)
        refused = save(as_olive, {**old, "day_off": ["yes"]}, address)
        assert refused.status_code == 422
        assert f"{day.day}" in text_of(refused)
        assert ": 13:00–17:00”. Save again" in text_of(refused)
        assert hours_of(call)[day] == [NOON]
        assert save(as_olive, untouched(refused, holding="first"), address).status_code == 302
        assert hours_of(call)[day] == []


def test_form_of_a_date_that_is_sent_twice_is_no_clash(as_olive: Client, call: Calendar) -> None:
    day, other = in_a_week(call), in_a_week(call) + timedelta(days=1)
    added_once = {**drawn(as_olive, NEW, holding="first"), "first": [str(day)]}
    assert [save(as_olive, added_once, NEW).status_code for _ in range(2)] == [302, 302]
    address = f"{PAGE}overrides/{day}/"
    moved = {**drawn(as_olive, address, holding="first"), "first": [str(other)]}
    assert [save(as_olive, moved, address).status_code for _ in range(2)] == [302, 302]
    assert hours_of(call) == {other: []}


def test_date_changed_elsewhere_is_not_removed_unseen(as_olive: Client, call: Calendar) -> None:
    address, day = override(call, MORNING), in_a_week(call)
    old = drawn(as_olive, holding="told")
    override(call, NOON)
    refused = as_olive.post(f"{address}removal/", old, follow=True)
    assert "Not removed, because it was changed elsewhere meanwhile." in text_of(refused)
    assert "13:00–17:00" in text_of(refused)
    assert hours_of(call) == {day: [NOON]}
    as_olive.post(f"{address}removal/", drawn(as_olive, holding="told"))
    assert not DateOverride.objects.exists()


# Both at the same moment


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_save_at_once_do_not_both_win(olive: Owner, call: Calendar) -> None:
    give(call, MORNING)
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(olive)
    old = drawn(clients[0])
    for _ in range(3):
        give(call)
        give(call, MORNING)
        old = drawn(clients[0])
        sent = [typed(old, row=0, hours=f"09:00–1{number}:00") for number in range(2)]
        tabs = [partial(save, client, each) for client, each in zip(clients, sent, strict=True)]
        assert sorted(answer.status_code for answer in at_once(tabs)) == [302, 422]
        assert len(mondays(call)) == 1
