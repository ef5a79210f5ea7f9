"""The acts refuse wrong input by themselves, whether a form, the admin or a command calls them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from calendars.accounts.owners import change_profile, create_owner, sign_up_owner
from calendars.lifecycle import change_details, create_calendar
from calendars.models import Calendar, CalendarAddress, DateOverride, Owner, WeeklyHours
from calendars.pages.forms import BookingRulesForm, MeetingDetailsForm
from calendars.rules import (
    change_notifications,
    change_questions,
    change_rules,
    replace_overrides,
    replace_weekly_hours,
)
from calendars.schedule import Hours
from tests.support.world.factories import PASSWORD

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # the 23rd already in Berlin
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
HIDDEN = "a\u202eb"
QUESTION = {"label": "Why?", "kind": "text", "required": True}

DETAILS = [
    ("name", ""),
    ("name", "  "),
    ("name", "x" * 101),
    ("name", HIDDEN),
    ("slug", "Not An Address"),
    ("slug", "admin"),
    ("slug", "x" * 61),
    ("description", "x" * 2001),
    ("description", f"One\n{HIDDEN}"),
    ("location", "x" * 301),
    ("location", "a\nb"),
    ("colour", "ultraviolet"),
]
RULES = [
    ("duration_minutes", 4),
    ("duration_minutes", 1441),
    ("duration_minutes", None),
    ("slot_interval_minutes", 4),
    ("slot_interval_minutes", 1441),
    ("buffer_before_minutes", -1),
    ("buffer_before_minutes", 1441),
    ("buffer_after_minutes", 1441),
    ("minimum_notice_minutes", 90 * 24 * 60 + 1),
    ("booking_window_days", 731),
    ("daily_cap", 0),
    ("daily_cap", 501),
    ("client_may_cancel", "perhaps"),
    ("change_notice_minutes", 90 * 24 * 60 + 1),
    ("max_reschedules", 0),
    ("max_reschedules", 51),
]
NOTIFICATIONS = [
    ("client_mails", ["birthday"]),
    ("owner_mails", ["booked", "booked"]),
    ("reminder_minutes", [4]),
    ("reminder_minutes", [30 * 24 * 60 + 1]),
    ("reminder_minutes", [60, 60]),
    ("reminder_minutes", [10, 20, 30, 40, 50, 60]),
    ("personal_line", "x" * 501),
    ("personal_line", HIDDEN),
]
QUESTIONS: list[list[Any]] = [
    [QUESTION] * 21,
    [QUESTION | {"label": " "}],
    [QUESTION | {"label": "x" * 201}],
    [QUESTION | {"label": HIDDEN}],
    [QUESTION | {"kind": "date"}],
    [QUESTION | {"required": "perhaps"}],
    [{"label": "Why?", "kind": "text"}],
]
NEW_CALENDARS = [
    ("name", ""),
    ("time_zone", "Atlantis/Capital"),
    ("duration_minutes", 4),
    ("slug", "Not An Address"),
]
OWNERS = [
    ("email", "nobody"),
    ("email", '"a\u202eb"@example.com'),
    ("email", "\u0131ris@example.com"),
    ("display_name", ""),
    ("display_name", "x" * 101),
    ("display_name", HIDDEN),
    ("language", "tlh"),
    ("time_zone", ""),
    ("time_zone", "Mars/Olympus"),
]
OWNER = {
    "email": "new@example.com",
    "display_name": "New",
    "language": "en",
    "time_zone": "Europe/Berlin",
}
DATES = [
    [TODAY - DAY],
    [TODAY + timedelta(days=5 * 366 + 1)],
    [TODAY, TODAY + timedelta(days=62)],
]
HOURS = [
    [Hours(600, 600)],
    [Hours(720, 600)],
    [Hours(-1, 600)],
    [Hours(600, 1441)],
    [Hours(n, n + 1) for n in range(13)],
]


def everything() -> list[Any]:
    models = (Owner, Calendar, CalendarAddress, WeeklyHours, DateOverride)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def assert_refused(field: str, act: Callable[..., object], **arguments: Any) -> None:
    """Check that the refusal names just that field, and that nothing is written."""
    before = everything()
    with pytest.raises(ValidationError) as refusal:
        act(**arguments)
    assert list(refusal.value.message_dict) == [field]
    assert everything() == before


@pytest.mark.parametrize(("field", "value"), DETAILS)
def test_details_are_refused(call: Calendar, field: str, value: object) -> None:
    assert_refused(field, change_details, calendar=call, **{field: value})


@pytest.mark.parametrize(("field", "value"), RULES)
def test_rules_are_refused(call: Calendar, field: str, value: object) -> None:
    assert_refused(field, change_rules, calendar=call, **{field: value})


@pytest.mark.parametrize(("field", "value"), NOTIFICATIONS)
def test_notifications_are_refused(call: Calendar, field: str, value: object) -> None:
    assert_refused(field, change_notifications, calendar=call, **{field: value})


@pytest.mark.parametrize("questions", QUESTIONS)
def test_questions_are_refused(call: Calendar, questions: object) -> None:
    assert_refused("questions", change_questions, calendar=call, questions=questions)


@pytest.mark.parametrize(("field", "value"), NEW_CALENDARS)
def test_new_calendar_is_refused(olive: Owner, field: str, value: object) -> None:
    facts = {"name": "Talk", "time_zone": "Europe/Berlin", field: value}
    assert_refused(field, create_calendar, owner=olive, **facts)


@pytest.mark.parametrize("hours", HOURS)
def test_hours_are_refused(call: Calendar, hours: list[Hours]) -> None:
    zone = call.time_zone
    assert_refused("hours", replace_weekly_hours, calendar=call, time_zone=zone, weekly={0: hours})
    assert_refused("hours", replace_overrides, calendar=call, dates=[TODAY], hours=hours, now=NOW)


@pytest.mark.parametrize(
    ("field", "zone", "weekday"), [("time_zone", "Atlantis", 0), ("weekday", "UTC", 7)]
)
def test_week_is_refused(call: Calendar, field: str, zone: str, weekday: int) -> None:
    weekly = {weekday: [Hours(600, 720)]}
    assert_refused(field, replace_weekly_hours, calendar=call, time_zone=zone, weekly=weekly)


@pytest.mark.parametrize("dates", DATES)
def test_dates_are_refused(call: Calendar, dates: list[date]) -> None:
    assert_refused("dates", replace_overrides, calendar=call, dates=dates, hours=[], now=NOW)


def test_first_and_last_date_are_taken(call: Calendar) -> None:
    replace_overrides(calendar=call, dates=[TODAY, TODAY + 61 * DAY], hours=[], now=NOW)
    assert call.date_overrides.count() == 2


@pytest.mark.parametrize(("field", "value"), OWNERS)
def test_owners_facts_are_refused(olive: Owner, field: str, value: object) -> None:
    facts = OWNER | {field: value}
    assert_refused(field, change_profile, owner=olive, forget_after_days=None, now=NOW, **facts)
    assert_refused(field, create_owner, password=PASSWORD, **facts)
    assert_refused(field, sign_up_owner, password=PASSWORD, now=NOW, **facts)


@pytest.mark.parametrize("days", [0, -1, 3651, "many"])
def test_days_after_which_clients_are_forgotten_are_refused(olive: Owner, days: Any) -> None:
    facts = OWNER | {"forget_after_days": days}
    assert_refused("forget_after_days", change_profile, owner=olive, now=NOW, **facts)


@pytest.mark.parametrize("password", ["", "short", "password", "x" * 4097, "new@example.com"])
def test_password_is_refused(olive: Owner, password: str) -> None:
    assert_refused("password", create_owner, password=password, **OWNER)


def test_text_is_kept_without_spaces_around_it(call: Calendar) -> None:
    change_details(calendar=call, name="  Talk ")
    call.refresh_from_db()
    assert call.name == "Talk"


SAME_IN_FORMS = [
    *((MeetingDetailsForm, change_details, *each) for each in DETAILS),
    # A notice is typed with a unit and has refusals of its own; a box cannot be wrong.
    *(
        (BookingRulesForm, change_rules, *each)
        for each in RULES
        if "notice" not in each[0] and each[1] not in {None, "perhaps"}
    ),
]


@pytest.mark.parametrize(("form_class", "act", "field", "value"), SAME_IN_FORMS)
def test_form_refuses_as_the_act_does(
    call: Calendar, form_class: Any, act: Callable[..., object], field: str, value: object
) -> None:
    form = form_class({field: value}, instance=call)
    with pytest.raises(ValidationError) as refusal:
        act(calendar=call, **{field: value})
    own_words = {"required", "min_value", "max_value", "invalid_choice"}
    refused_by_form = form.errors.as_data()[field]
    assert refused_by_form
    for error in refused_by_form:
        if error.code not in own_words:
            assert error.messages[0] in refusal.value.message_dict[field]
