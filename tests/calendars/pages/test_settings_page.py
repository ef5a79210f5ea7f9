from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from calendars.models import Calendar, Owner
from tests.support.database.queries import counted_queries
from tests.support.pages.parsing import shows
from tests.support.world.factories import CalendarFactory

pytestmark = pytest.mark.django_db
SETTINGS = "/calendars/"


def test_home_leads_to_calendar_settings_or_sign_in(client: Client, olive: Owner) -> None:
    assert client.get("/").headers["Location"] == "/sign-in/"
    client.force_login(olive)
    assert client.get("/").headers["Location"] == SETTINGS


def test_list_shows_own_calendars_only(as_olive: Client, call: Calendar, sam: Owner) -> None:
    CalendarFactory.create(owner=sam, name="Sam's secret", slug="sams-secret")
    CalendarFactory.create(owner=call.owner, name="Gone", slug="gone", deleted_at=datetime.now(UTC))
    response = as_olive.get(SETTINGS)
    assertContains(response, "More actions for Discovery call")
    zone, links = "<bdi>Europe/Berlin</bdi>", '<span class="row__fact">no active links</span>'
    assert shows(response, f"30 min · {zone} · {links}")
    assertNotContains(response, "secret")
    assertNotContains(response, "Gone")


def test_empty_list_tells_what_a_calendar_is_and_offers_one(as_olive: Client) -> None:
    response = as_olive.get(SETTINGS)
    assertContains(response, "A calendar is one kind of meeting")
    assertContains(response, reverse("calendars:new_calendar"), count=1)


def test_list_pages_by_thirty(as_olive: Client, olive: Owner) -> None:
    for number in range(31):
        CalendarFactory.create(owner=olive, name=f"Calendar {number:02}")
    first, second = as_olive.get(SETTINGS), as_olive.get(SETTINGS, {"page": 2})
    assertContains(first, "More actions for", count=30)
    assertContains(first, 'href="?page=2"')
    assertContains(second, "More actions for Calendar 30")
    assertContains(second, "More actions for", count=1)
    assert as_olive.get(SETTINGS, {"page": "x"}).status_code == 200
    assert as_olive.get(SETTINGS, {"page": 999}).status_code == 200


def test_list_takes_as_many_queries_for_thirty_as_for_one(as_olive: Client, olive: Owner) -> None:
    CalendarFactory.create(owner=olive)
    with counted_queries() as for_one:
        as_olive.get(SETTINGS)
    CalendarFactory.create_batch(29, owner=olive)
    with counted_queries() as for_thirty:
        as_olive.get(SETTINGS)
    assert len(for_one) == len(for_thirty) <= 6


def test_name_is_escaped(as_olive: Client, olive: Owner) -> None:
    CalendarFactory.create(owner=olive, name="<script>alert(1)</script>")
    assertNotContains(as_olive.get(SETTINGS), "<script>alert")


# New


def new(client: Client, **fields: str) -> Any:
    form = {"name": "Talk", "duration_minutes": "30", "time_zone": "Europe/Berlin", "slug": ""}
    return client.post("/calendars/new/", {**form, **fields})


def test_new_calendar_is_made_and_confirmed(as_olive: Client, olive: Owner) -> None:
    response = new(as_olive, name="Talk", duration_minutes="45", time_zone="Asia/Calcutta")
    assert response.headers["Location"] == "/calendars/talk/meeting-details/"
    calendar = Calendar.objects.get(owner=olive)
    assert (calendar.duration_minutes, calendar.time_zone) == (45, "Asia/Calcutta")
    assertContains(as_olive.get(SETTINGS), "“Talk” was created.")


def test_new_calendar_refused_keeps_what_was_typed(as_olive: Client, call: Calendar) -> None:
    response = new(as_olive, name="My talk", slug="discovery-call", duration_minutes="45")
    assertContains(response, "This address is taken. Choose another.", count=2, status_code=422)
    assertContains(response, 'value="My talk"', status_code=422)
    assertContains(response, 'value="45"', status_code=422)
    assert Calendar.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "", "Fill this in."),
        ("name", "a‮b", "Remove line breaks and invisible characters."),
        ("slug", "Not An Address", "Use lower-case letters"),
        ("slug", "admin", "reserved"),
        ("duration_minutes", "4", "At least 5."),
        ("duration_minutes", "100000", "At most 1440."),
        ("time_zone", "Mars/Phobos", "There is no time zone “Mars/Phobos”."),
        ("time_zone", "../../etc/passwd", "There is no time zone"),
        ("time_zone", "", "Fill this in."),
    ],
)
def test_new_calendar_names_each_error(
    as_olive: Client, field: str, value: str, error: str
) -> None:
    response = new(as_olive, **{field: value})
    assertContains(response, error, count=2, status_code=422)  # at the field, and in the summary
    assertContains(response, 'aria-invalid="true"', count=1, status_code=422)
    assert not Calendar.objects.exists()


def test_zone_of_the_latest_calendar_is_proposed(as_olive: Client, olive: Owner) -> None:
    assertContains(as_olive.get("/calendars/new/"), '<option value="" selected>')
    CalendarFactory.create(owner=olive, time_zone="Asia/Tokyo")
    assertContains(
        as_olive.get("/calendars/new/"), '<option value="Asia/Tokyo" selected>Tokyo</option>'
    )


# What the menu does


def test_duplicate_leads_to_the_copy(as_olive: Client, call: Calendar) -> None:
    response = as_olive.post("/calendars/discovery-call/duplicate/", follow=True)
    assertRedirects(response, "/calendars/discovery-call-2/meeting-details/")
    assertContains(
        response, "“Copy of Discovery call” was created. It is paused until you resume it."
    )


def test_pause_and_resume_confirm_themselves(as_olive: Client, call: Calendar) -> None:
    response = as_olive.post("/calendars/discovery-call/pause/", follow=True)
    assertContains(response, "“Discovery call” is paused: it takes no bookings.")
    assertContains(response, "/calendars/discovery-call/resume/")
    response = as_olive.post("/calendars/discovery-call/resume/", follow=True)
    assertContains(response, "“Discovery call” takes bookings again.")
    assertContains(response, "/calendars/discovery-call/pause/")


@pytest.mark.parametrize("action", ["duplicate", "pause", "resume"])
def test_actions_want_post(as_olive: Client, call: Calendar, action: str) -> None:
    assert as_olive.get(f"/calendars/discovery-call/{action}/").status_code == 405
