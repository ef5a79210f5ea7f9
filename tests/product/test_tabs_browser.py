"""Two tabs of one browser: what a person meets who left one of them open."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from booking.times.time_off import add_time_off
from calendars.hours import weekly_ranges
from calendars.models import Calendar, Owner, Question, WeeklyHours
from calendars.schedule import MAX_RANGES, Hours
from tests.support.pages.browser import sign_in
from tests.support.world.factories import CalendarFactory

pytestmark = pytest.mark.django_db
SECTIONS = "/calendars/discovery-call"
Tabs = tuple[Page, Page]


@pytest.fixture
def allowed_errors() -> list[str]:
    return ["status of 422"]


@pytest.fixture
def call(olive: Owner) -> Calendar:
    questions = [Question(label=label, kind="text", required=False) for label in ("Who", "Why")]
    return CalendarFactory.create(
        owner=olive, slug="discovery-call", hours=[(0, 540, 1020)], questions=questions
    )


@pytest.fixture(params=[True, False], ids=["script", "plain"])
def tabs(request: pytest.FixtureRequest, new_page: Callable[..., Page], call: Calendar) -> Tabs:
    first = new_page(java_script_enabled=request.param)
    sign_in(first, call.owner)
    return first, first.context.new_page()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).last.click()


def mondays(calendar: Calendar) -> list[Hours]:
    return sorted(weekly_ranges(calendar).get(0, {}).values())


def open_both(tabs: Tabs, address: str) -> None:
    for tab in tabs:
        tab.goto(address)


def test_hours_added_in_two_tabs(tabs: Tabs, call: Calendar) -> None:
    open_both(tabs, f"{SECTIONS}/availability/")
    for tab, start, end in zip(tabs, ("18:00", "20:00"), ("19:00", "21:00"), strict=True):
        tab.get_by_role("button", name="Add hours on Monday").click()
        tab.get_by_label("Monday from (2)").fill(start)
        tab.get_by_label("Monday to (2)").fill(end)
        save(tab)
        expect(tab.get_by_role("status")).to_have_text("Availability saved.")
    assert mondays(call) == [Hours(540, 1020), Hours(1080, 1140), Hours(1200, 1260)]


def test_hours_changed_in_two_tabs(tabs: Tabs, call: Calendar) -> None:
    open_both(tabs, f"{SECTIONS}/availability/")
    newer, older = tabs
    newer.get_by_label("Monday from").fill("10:00")
    save(newer)
    expect(newer.get_by_role("status")).to_have_text("Availability saved.")
    older.get_by_label("Monday from").fill("08:00")
    save(older)
    summary = older.get_by_role("alert")
    expect(summary).to_contain_text("Changed elsewhere meanwhile: it is now “10:00–17:00”.")
    field = older.get_by_label("Monday from")
    expect(field).to_have_value("08:00")
    expect(field).to_have_accessible_description(re.compile("it is now “10:00–17:00”"))
    assert mondays(call) == [Hours(600, 1020)]
    save(older)
    expect(older.get_by_role("status")).to_have_text("Availability saved.")
    assert mondays(call) == [Hours(480, 1020)]


def test_hours_removed_in_a_tab_and_changed_in_another(tabs: Tabs, call: Calendar) -> None:
    open_both(tabs, f"{SECTIONS}/availability/")
    newer, older = tabs
    newer.get_by_label("Monday from").fill("10:00")
    save(newer)
    expect(newer.get_by_role("status")).to_have_text("Availability saved.")
    older.get_by_role("button", name="Remove 09:00–17:00 on Monday").click()
    expect(older.get_by_label("Monday from")).to_have_count(0)
    save(older)
    expect(older.get_by_role("alert")).to_contain_text("You removed this, but it was changed")
    older.get_by_role("button", name="Remove 10:00–17:00 on Monday").click()
    expect(older.get_by_label("Monday from")).to_have_count(0)
    save(older)
    expect(older.get_by_role("status")).to_have_text("Availability saved.")
    assert mondays(call) == []


def test_more_hours_than_the_form_offers(tabs: Tabs, call: Calendar) -> None:
    many = [Hours(60 * hour, 60 * hour + 30) for hour in range(MAX_RANGES + 2)]
    call.weekly_hours.all().delete()
    WeeklyHours.objects.bulk_create(
        WeeklyHours(calendar=call, weekday=0, start_minute=start, end_minute=end)
        for start, end in many
    )
    tabs[0].goto(f"{SECTIONS}/availability/")
    tabs[0].get_by_role("button", name="Remove 00:00–00:30 on Monday").click()
    expect(tabs[0].get_by_label(re.compile("Monday from"))).to_have_count(len(many) - 1)
    save(tabs[0])
    expect(tabs[0].get_by_role("status")).to_have_text("Availability saved.")
    assert mondays(call) == many[1:]


def test_questions_in_two_tabs(tabs: Tabs, call: Calendar) -> None:
    open_both(tabs, f"{SECTIONS}/booking-form/")
    newer, older = tabs
    newer.get_by_label("Question", exact=True).first.fill("Whom")
    newer.get_by_role("button", name="Add question").click()
    expect(newer.get_by_label("Question", exact=True)).to_have_count(3)
    newer.get_by_label("Question", exact=True).last.fill("When")
    save(newer)
    expect(newer.get_by_role("status")).to_have_text("Booking form saved.")
    older.get_by_role("button", name="Move question 2 up").click()
    expect(older.get_by_label("Question", exact=True).first).to_have_value("Why")
    older.get_by_label("Question", exact=True).last.fill("Whose")
    save(older)
    expect(older.get_by_role("alert")).to_contain_text("it is now “Whom · Short answer”.")
    save(older)
    expect(older.get_by_role("status")).to_have_text("Booking form saved.")
    call.refresh_from_db()
    labels = [question["label"] for question in call.questions]
    assert sorted(labels) == ["When", "Whose", "Why"]
    assert labels.index("Why") < labels.index("Whose")


def test_lines_that_were_not_touched_do_not_clash(tabs: Tabs, call: Calendar) -> None:
    Calendar.objects.update(description="One\n\nTwo", location="Room 1")
    open_both(tabs, f"{SECTIONS}/meeting-details/")
    newer, older = tabs
    newer.get_by_label("Description").fill("One\nTwo\nThree")
    save(newer)
    expect(newer.get_by_role("status")).to_have_text("Meeting details saved.")
    older.get_by_label("Location").fill("Room 3")
    save(older)
    expect(older.get_by_role("status")).to_have_text("Meeting details saved.")
    call.refresh_from_db()
    assert call.description.splitlines() == ["One", "Two", "Three"]
    assert call.location == "Room 3"


def test_time_off_in_two_tabs(tabs: Tabs, call: Calendar) -> None:
    now = timezone.now()
    start = now + timedelta(days=3)
    off = add_time_off(
        host=call.owner, starts_at=start, ends_at=start + timedelta(days=1), note="", now=now
    )
    newer, older = tabs
    older.goto("/bookings/time-off/")
    newer.goto(f"/bookings/time-off/{off.pk}/")
    newer.get_by_label("Note").fill("Ski")
    save(newer)
    expect(newer.get_by_role("status")).to_contain_text("Saved.")
    older.get_by_role("button", name="Remove").click()
    expect(older.get_by_role("status")).to_contain_text("Not removed")
    older.get_by_role("button", name="Remove").click()
    expect(older.get_by_role("status")).to_contain_text("Removed.")


def test_admin_in_two_tabs(tabs: Tabs, call: Calendar) -> None:
    Owner.objects.filter(pk=call.owner_id).update(is_staff=True, is_superuser=True)
    open_both(tabs, f"/admin/calendars/calendar/{call.pk}/change/")
    newer, older = tabs
    newer.get_by_label("Name:").fill("Talk")
    newer.get_by_label("From:").first.fill("600")
    newer.get_by_role("button", name="Save", exact=True).click()
    expect(newer.get_by_text("was changed successfully")).to_be_visible()
    older.get_by_label("Location:").fill("Room 3")
    older.get_by_label("From:").first.fill("480")
    older.get_by_role("button", name="Save", exact=True).click()
    expect(older.get_by_text("it is now “600”.")).to_be_visible()
    expect(older.get_by_label("From:").first).to_have_value("480")
    older.get_by_role("button", name="Save", exact=True).click()
    expect(older.get_by_text("was changed successfully")).to_be_visible()
    call.refresh_from_db()
    assert (call.name, call.location) == ("Talk", "Room 3")
    assert mondays(call) == [Hours(480, 1020)]
