from typing import Any

import pytest
from django.test import Client
from pytest_django.asserts import assertContains

from calendars.models import Calendar, Colour
from tests.support.pages.parsing import shows
from tests.support.world.factories import CalendarFactory

pytestmark = pytest.mark.django_db
DETAILS = "/calendars/discovery-call/meeting-details/"
RULES = "/calendars/discovery-call/booking-rules/"
FORM = "/calendars/discovery-call/booking-form/"


def save_details(client: Client, **fields: str) -> Any:
    form = {
        "name": "Discovery call",
        "slug": "discovery-call",
        "description": "",
        "location": "",
        "colour": "green",
    }
    return client.post(DETAILS, {**form, **fields})


# Meeting Details


def test_details_are_saved_and_confirmed(as_olive: Client, call: Calendar) -> None:
    details = {
        "name": "Talk",
        "slug": "talk",
        "description": "Two\r\nlines",
        "location": "Room 3",
        "colour": "pink",
    }
    response = save_details(as_olive, **details)
    assert response.headers["Location"] == "/calendars/talk/meeting-details/"
    call.refresh_from_db()
    assert {name: getattr(call, name) for name in details} == details
    assertContains(as_olive.get("/calendars/talk/meeting-details/"), "Meeting details saved.")


def test_refused_details_stay_in_the_form_and_out_of_the_heading(
    as_olive: Client, call: Calendar
) -> None:
    response = save_details(as_olive, name="Typed name", slug="!", description="Typed text")
    assert response.status_code == 422
    assertContains(response, 'value="Typed name"', status_code=422)
    assertContains(response, "Typed text", status_code=422)
    assertContains(response, "<h1><bdi>Discovery call</bdi></h1>", status_code=422, html=True)
    assertContains(response, 'data-guard="unsaved"', status_code=422)
    call.refresh_from_db()
    assert call.name == "Discovery call"


def test_error_stands_at_its_field_and_in_a_summary_that_takes_the_focus(
    as_olive: Client, call: Calendar
) -> None:
    page = save_details(as_olive, name="").content.decode()
    assert 'role="alert" tabindex="-1" autofocus' in page
    assert '<a href="#id_name">Name</a>: Fill this in.' in page
    assert 'aria-invalid="true" aria-describedby="id_name_error"' in page
    assert '<ul class="errorlist" id="id_name_error"><li>Fill this in.</li></ul>' in page


@pytest.mark.parametrize("slug", ["other", "others-old"])
def test_address_of_another_calendar_is_a_field_error(
    as_olive: Client, call: Calendar, slug: str
) -> None:
    other = CalendarFactory.create(slug="others-old")
    other.addresses.create(slug="other")
    response = save_details(as_olive, name="Kept", slug=slug)
    assertContains(response, "This address is taken. Choose another.", count=2, status_code=422)
    assertContains(response, 'value="Kept"', status_code=422)


@pytest.mark.parametrize("colour", Colour.values)
def test_form_wears_the_calendars_colour(as_olive: Client, call: Calendar, colour: str) -> None:
    save_details(as_olive, colour=colour)
    assert shows(as_olive.get(DETAILS), f'class="page " data-colour="{colour}"')


def test_colour_that_is_none_is_refused(as_olive: Client, call: Calendar) -> None:
    assert save_details(as_olive, colour="url(x)").status_code == 422


def test_section_menu_marks_where_one_is(as_olive: Client, call: Calendar) -> None:
    for section in ("meeting-details", "availability", "booking-rules", "booking-form"):
        response = as_olive.get(f"/calendars/discovery-call/{section}/")
        assert shows(response, f'{section}/" aria-current="page"')
        assertContains(response, 'aria-current="page"', count=1)


# Two tabs: each page sends what it showed, and only fields that were changed are saved


def shown(client: Client, address: str) -> dict[str, str]:
    """Return what a browser would send of the untouched page."""
    fields = dict[str, str]()
    form = client.get(address).context["form"]
    for field in form:
        value = field.value()
        fields[field.html_name] = fields[field.html_initial_name] = (
            "" if value is None else str(value)
        )
        told = field.as_hidden(only_initial=True)
        assertContains(client.get(address), told, count=1)
    return fields


def test_older_tab_saves_only_the_details_typed_in_it(as_olive: Client, call: Calendar) -> None:
    older = shown(as_olive, DETAILS)
    newer = {**older, "name": "Talk", "slug": "talk", "description": "New", "colour": "pink"}
    as_olive.post(DETAILS, newer)
    response = as_olive.post(DETAILS, {**older, "location": "Room 3"}, follow=True)
    assert response.redirect_chain == [("/calendars/talk/meeting-details/", 302)]
    call.refresh_from_db()
    assert (call.name, call.slug, call.description) == ("Talk", "talk", "New")
    assert (call.colour, call.location) == ("pink", "Room 3")


def test_older_tab_saves_only_the_rules_typed_in_it(as_olive: Client, call: Calendar) -> None:
    older = shown(as_olive, RULES)
    as_olive.post(RULES, {**older, "notice": "3", "notice_unit": "days", "daily_cap": "4"})
    as_olive.post(RULES, {**older, "duration_minutes": "45", "slot_interval_minutes": "15"})
    call.refresh_from_db()
    assert (call.minimum_notice_minutes, call.daily_cap) == (3 * 24 * 60, 4)
    assert (call.duration_minutes, call.slot_interval_minutes) == (45, 15)
    # A new unit, an emptied field and an unticked box are changes as well.
    again = shown(as_olive, RULES)
    del again["client_may_cancel"]
    as_olive.post(RULES, {**again, "notice_unit": "hours", "slot_interval_minutes": ""})
    call.refresh_from_db()
    assert (call.minimum_notice_minutes, call.slot_interval_minutes) == (180, None)
    assert (call.client_may_reschedule, call.client_may_cancel) == (True, False)
    # A box that another tab unticked stays so if nobody touches it in this one.
    as_olive.post(RULES, {**older, "change_notice": "1", "change_notice_unit": "days"})
    call.refresh_from_db()
    assert (call.client_may_cancel, call.change_notice_minutes) == (False, 24 * 60)


def test_refused_form_still_tells_what_its_page_showed_at_first(
    as_olive: Client, call: Calendar
) -> None:
    older = shown(as_olive, DETAILS)
    Calendar.objects.update(location="Room 3", colour="pink")
    response = as_olive.post(DETAILS, {**older, "name": ""})
    for name in ("name", "location", "colour"):
        told = f'name="initial-{name}" value="{older[name]}"' if older[name] else "initial-location"
        assertContains(response, told, count=1 if older[name] else None, status_code=422)


def test_address_given_up_in_another_tab_still_works(as_olive: Client, call: Calendar) -> None:
    save_details(as_olive, slug="talk")
    for section in ("meeting-details", "availability", "booking-rules", "booking-form"):
        assert as_olive.get(f"/calendars/discovery-call/{section}/").status_code == 200
    assert as_olive.post(FORM, ONE).headers["Location"] == "/calendars/talk/booking-form/"
    call.refresh_from_db()
    assert [question["label"] for question in call.questions] == ["Why?"]


# Booking rules


def save_rules(client: Client, **fields: str) -> Any:
    form = {
        "duration_minutes": "25",
        "slot_interval_minutes": "10",
        "buffer_before_minutes": "5",
        "buffer_after_minutes": "15",
        "notice": "2",
        "notice_unit": "days",
        "booking_window_days": "30",
        "daily_cap": "4",
        "client_may_reschedule": "on",
        "change_notice": "36",
        "change_notice_unit": "hours",
        "max_reschedules": "2",
    }
    return client.post(RULES, {**form, **fields})


def test_rules_are_saved_and_confirmed(as_olive: Client, call: Calendar) -> None:
    assert save_rules(as_olive).headers["Location"] == RULES
    call.refresh_from_db()
    assert (call.duration_minutes, call.slot_interval_minutes) == (25, 10)
    assert (call.buffer_before_minutes, call.buffer_after_minutes) == (5, 15)
    assert (call.minimum_notice_minutes, call.booking_window_days) == (2880, 30)
    assert call.daily_cap == 4
    assert (call.client_may_reschedule, call.client_may_cancel) == (True, False)
    assert (call.change_notice_minutes, call.max_reschedules) == (36 * 60, 2)
    assertContains(as_olive.get(RULES), "Booking rules saved.")


def test_empty_interval_and_cap_mean_none(as_olive: Client, call: Calendar) -> None:
    save_rules(as_olive, slot_interval_minutes="", daily_cap="", max_reschedules="")
    call.refresh_from_db()
    assert (call.slot_interval_minutes, call.daily_cap) == (None, None)
    assert call.max_reschedules is None


@pytest.mark.parametrize(
    ("minutes", "amount", "unit"),
    [(0, 0, "hours"), (90, 90, "minutes"), (240, 4, "hours"), (2880, 2, "days")],
)
def test_notice_is_shown_in_its_largest_whole_unit(
    as_olive: Client, call: Calendar, minutes: int, amount: int, unit: str
) -> None:
    Calendar.objects.update(minimum_notice_minutes=minutes, change_notice_minutes=minutes)
    response = as_olive.get(RULES)
    for name in ("notice", "change_notice"):
        assertContains(response, f'name="{name}" value="{amount}"')
    assertContains(response, f'<option value="{unit}" selected>', count=2)


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("duration_minutes", "4", "At least 5."),
        ("duration_minutes", "1441", "At most 1440."),
        ("slot_interval_minutes", "4", "At least 5."),
        ("buffer_before_minutes", "-1", "At least 0."),
        ("buffer_after_minutes", "1441", "At most 1440."),
        ("booking_window_days", "731", "At most 730."),
        ("daily_cap", "0", "At least 1."),
        ("daily_cap", "501", "At most 500."),
        ("daily_cap", "99999", "At most 500."),
        ("notice", "91", "At most 90 days."),
        ("notice", "9" * 30, "At most 129600."),
        ("notice", "", "Fill this in."),
        ("notice_unit", "weeks", "weeks"),
        ("change_notice", "91", "At most 90 days."),
        ("change_notice", "-1", "At least 0."),
        ("max_reschedules", "0", "At least 1."),
        ("max_reschedules", "51", "At most 50."),
        ("duration_minutes", "half an hour", "whole number"),
    ],
)
def test_wrong_rule_is_refused_and_kept(
    as_olive: Client, call: Calendar, field: str, value: str, error: str
) -> None:
    response = save_rules(as_olive, **{"change_notice_unit": "days", field: value})
    assertContains(response, error, status_code=422)
    if field != "notice_unit":
        assertContains(response, f'value="{value}"' if value else "notice", status_code=422)
    call.refresh_from_db()
    assert call.duration_minutes == 30


# Booking form

ONE = {"question-0-label": "Why?", "question-0-kind": "long", "question-0-required": "on"}
TWO = {**ONE, "question-1-label": "Agreed", "question-1-kind": "checkbox"}


def test_questions_are_saved_in_order(as_olive: Client, call: Calendar) -> None:
    assert as_olive.post(FORM, TWO).headers["Location"] == FORM
    call.refresh_from_db()
    assert call.questions == [
        {"label": "Why?", "kind": "long", "required": True},
        {"label": "Agreed", "kind": "checkbox", "required": False},
    ]
    response = as_olive.get(FORM)
    assertContains(response, "Booking form saved.")
    assertContains(response, 'value="Why?"')
    assertContains(response, '<option value="long" selected>')


def test_no_questions_is_a_form_too(as_olive: Client, call: Calendar) -> None:
    as_olive.post(FORM, ONE)
    as_olive.post(FORM, {})
    call.refresh_from_db()
    assert call.questions == []


@pytest.mark.parametrize(
    ("button", "labels"),
    [
        ({"add": "1"}, ["Why?", "Agreed", ""]),
        ({"remove": "0"}, ["Agreed"]),
        ({"up": "1"}, ["Agreed", "Why?"]),
        ({"down": "0"}, ["Agreed", "Why?"]),
        ({"up": "0"}, ["Why?", "Agreed"]),
        ({"down": "1"}, ["Why?", "Agreed"]),
        ({"remove": "7"}, ["Why?", "Agreed"]),
        ({"remove": "²"}, ["Why?", "Agreed"]),
        ({"remove": "9" * 5000}, ["Why?", "Agreed"]),
        ({"up": "9" * 5000}, ["Why?", "Agreed"]),
    ],
)
def test_buttons_edit_the_form_and_save_nothing(
    as_olive: Client, call: Calendar, button: dict[str, str], labels: list[str]
) -> None:
    response = as_olive.post(FORM, {**TWO, **button})
    assert response.status_code == 200
    assert [form["label"].value() or "" for form in response.context["form"].forms] == labels
    assertContains(response, 'data-guard="unsaved"')
    call.refresh_from_db()
    assert call.questions == []


def test_question_without_words_is_refused_and_the_rest_kept(
    as_olive: Client, call: Calendar
) -> None:
    response = as_olive.post(FORM, {**TWO, "question-0-label": " "})
    assertContains(response, "Type the question, or remove it.", count=2, status_code=422)
    assertContains(response, 'href="#id_question-0-label"', status_code=422)
    assertContains(response, 'value="Agreed"', status_code=422)


@pytest.mark.parametrize(
    ("field", "value"),
    [("label", "x" * 201), ("label", "a\u2028b"), ("kind", "file"), ("kind", "")],
)
def test_odd_question_is_refused(as_olive: Client, call: Calendar, field: str, value: str) -> None:
    response = as_olive.post(FORM, {**ONE, f"question-0-{field}": value})
    assert response.status_code == 422


def test_questions_end_at_twenty(as_olive: Client, call: Calendar) -> None:
    many = {
        f"question-{index}-{name}": value
        for index in range(30)
        for name, value in {"label": f"Question {index}", "kind": "text"}.items()
    }
    response = as_olive.post(FORM, {**many, "add": "1"})
    assert len(response.context["form"].forms) == 20
    assertContains(response, "That is as many as one form can hold.")
