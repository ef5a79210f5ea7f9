"""Whatever an owner's page sends may come twice: the second time changes nothing.

A new address that takes a POST from owners fails the first test until it has a row here. If what it
takes makes a row, its form needs a name: `{% form_name %}` and `once`, see `calendars/once.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from booking.models import Booking, Mail
from calendars.models import Calendar, Confirmation
from onetime_links.models import OneTimeLink
from tests.product.test_access_table import taken_back, word
from tests.support.pages.forms import Fields, form_on
from tests.support.pages.fuzzing import World, tomorrow
from tests.support.pages.routes import every_route
from tests.support.world.factories import PASSWORD

pytestmark = [pytest.mark.once, pytest.mark.django_db]

# Sessions and counts change with every request.
UNIMPORTANT = {"Session", "Tally", "SentForm"}


def nothing(world: World) -> None:
    """Leave the world as it is."""


def begin(world: World) -> None:
    start = timezone.now() - timedelta(hours=2)
    end = start + timedelta(minutes=30)
    Booking.objects.update(starts_at=start, ends_at=end, blocked_from=start, blocked_until=end)


def miss(world: World) -> None:
    begin(world)
    Booking.objects.update(no_show_at=timezone.now())


def pause(world: World) -> None:
    Calendar.objects.update(paused_at=timezone.now())


def cancel(world: World) -> None:
    """Let the booking be a cancelled one that came by a link."""
    Booking.objects.update(one_time_link=world.link, cancelled_at=timezone.now())


def fail_emails(world: World) -> None:
    Mail.objects.update(failed_at=timezone.now())


def want_email(world: World) -> None:
    """Let a link be sent to the address that Olive wants."""
    world.olive.unconfirmed_email = "new@example.com"
    world.olive.save()
    Confirmation.objects.update(done_at=timezone.now())


def revoke(world: World) -> None:
    OneTimeLink.objects.filter(pk=world.link.pk).update(revoked_at=timezone.now())


@dataclass(frozen=True)
class Post:
    """A form, drawn on `page` (by default at its own address), and what is typed in it.

    `answers` are the statuses of both answers.
    """

    typed: dict[str, Any] = field(default_factory=dict)
    page: str = ""
    prepare: Callable[[World], None] = nothing
    answers: tuple[int, int] = (302, 302)


CALENDARS = "/calendars/"
CALL = "/calendars/<slug>/"
BOOKING = "/bookings/<pk>/"
LINKS = f"{CALL}one-time-links/"
LATER = f"{tomorrow() + timedelta(days=9)}"
OTHER_TIME = {"date": LATER, "slot": "other", "time": "15:00"}
TIME_OFF = {"first": LATER, "note": "Holiday"}
CLEO = {"email": "cleo@example.com"}
CLIENT_DATA = "/bookings/client-data/"
PASSWORDS = {"old_password": PASSWORD} | dict.fromkeys(
    ("new_password1", "new_password2"), "another long password"
)
POSTS = {
    f"{BOOKING}cancellation/": Post(),
    f"{BOOKING}mail-tries/": Post(page=BOOKING, prepare=fail_emails),
    f"{BOOKING}new-link/": Post(page=BOOKING, prepare=cancel),
    f"{BOOKING}no-show/": Post(page=BOOKING, prepare=begin),
    f"{BOOKING}no-show/undo/": Post(page=BOOKING, prepare=miss),
    f"{BOOKING}reschedule/": Post(OTHER_TIME),
    CLIENT_DATA: Post(CLEO, answers=(200, 200)),
    f"{CLIENT_DATA}cancellations/": Post(CLEO, answers=(200, 200)),
    f"{CLIENT_DATA}erasure/": Post(CLEO, prepare=begin),
    f"{CLIENT_DATA}export/": Post({**CLEO, "format": "json"}, answers=(200, 200)),
    "/bookings/feed/address/": Post(page="/bookings/feed/"),
    "/bookings/feed/removal/": Post(page="/bookings/feed/"),
    "/bookings/new/": Post({**OTHER_TIME, "name": "Noor"}),
    "/bookings/time-off/<pk>/": Post(TIME_OFF),
    "/bookings/time-off/<pk>/removal/": Post(page="/bookings/time-off/"),
    "/bookings/time-off/new/": Post(TIME_OFF),
    f"{CALL}availability/": Post({"time_zone": "UTC"}),
    f"{CALL}availability/overrides/<day>/": Post({"day_off": "yes"}),
    f"{CALL}availability/overrides/<day>/removal/": Post(page=f"{CALL}availability/"),
    f"{CALL}availability/overrides/new/": Post({"first": LATER, "day_off": "yes"}),
    f"{CALL}booking-form/": Post({"question-0-label": "Why?"}),
    f"{CALL}booking-rules/": Post({"duration_minutes": "45"}),
    f"{CALL}delete/": Post({"name": "Nothing booked"}),
    f"{CALL}duplicate/": Post(page=CALENDARS),
    f"{CALL}meeting-details/": Post({"name": "Talk", "slug": "other"}),
    f"{CALL}notifications/": Post({"personal_line": "See you"}),
    f"{CALL}pause/": Post(page=CALENDARS),
    f"{CALL}resume/": Post(page=CALENDARS, prepare=pause),
    f"{CALL}share/one-time-link/": Post(),
    LINKS: Post({"note": "Acme"}, page=f"{LINKS}?new"),
    f"{LINKS}<pk>/": Post({"note": "Acme"}),
    f"{LINKS}<pk>/restoration/": Post(page=LINKS, prepare=revoke),
    f"{LINKS}<pk>/revocation/": Post(page=LINKS),
    f"{LINKS}requests/<pk>/answer/": Post(page=LINKS),
    f"{LINKS}requests/<pk>/dismissal/": Post(page=LINKS),
    f"{CALENDARS}new/": Post({"name": "Talk", "time_zone": "UTC"}),
    "/confirm-email/<token>/": Post(prepare=want_email),
    "/profile/": Post({"display_name": "Olive"}),
    "/profile/confirmation/": Post(page="/profile/", prepare=want_email),
    # The second answer says that the old password is wrong.
    "/profile/password/": Post(PASSWORDS, answers=(302, 422)),
}
# What makes a row finds it by another rule than the name of its form: the booking that was entered
# with the page's token, the link that answers a request or works in place of a used one, and the
# email that waits already.
BY_OTHER_RULES = {
    f"{BOOKING}cancellation/",
    f"{BOOKING}new-link/",
    f"{BOOKING}no-show/",
    f"{BOOKING}no-show/undo/",
    f"{BOOKING}reschedule/",
    "/bookings/new/",
    f"{CLIENT_DATA}cancellations/",
    "/profile/confirmation/",
    f"{CALL}availability/overrides/new/",
    f"{CALL}meeting-details/",
    f"{LINKS}requests/<pk>/answer/",
}


# What makes a row and is told apart by the name of its form.
BY_NAME = {
    "/bookings/time-off/new/",
    f"{CALENDARS}new/",
    f"{CALL}duplicate/",
    f"{CALL}share/one-time-link/",
    LINKS,
}


@pytest.fixture
def world(db: None) -> World:
    world = World.make()
    Calendar.objects.filter(pk=world.empty.pk).update(name="Nothing booked")
    return world


def takes_posts(world: World, route: str) -> bool:
    """Return whether the address takes a POST from an owner, and wants nobody else's."""
    with taken_back():
        asked = world.client("nobody").post(world.address(route))
    with taken_back():
        POSTS.get(route, Post()).prepare(world)
        refused = world.client("owner").post(world.address(route)).status_code in {403, 404, 405}
    return not refused and word(asked) == "in"


def test_every_address_that_takes_posts_has_a_row(world: World) -> None:
    routes = {
        route
        for route in every_route()
        if not route.startswith("/admin/") and takes_posts(world, route)
    }
    assert routes - {"/sign-out/"} == set(POSTS)


def drawn(world: World, client: Client, route: str) -> Fields:
    """Return the fields of the form for the route, as its page draws them."""
    shown_at = world.address(POSTS[route].page or route)
    page = client.get(shown_at)
    if page.status_code == 405:  # the form is on the page of one client, and sends no more
        return {}
    path = world.address(route)
    form = form_on(page.content.decode(), path=path, shown_at=shown_at.partition("?")[0])
    assert form is not None, f"{shown_at} has no form for {path}."
    return form


def facts() -> dict[str, list[str]]:
    """Return all rows but their keys, because a schedule is saved as new rows."""
    return {
        model.__name__: sorted(
            repr(
                [row[each.attname] for each in model._meta.concrete_fields if not each.primary_key]
            )
            for row in model._base_manager.values()
        )
        for model in apps.get_models()
        if model.__name__ not in UNIMPORTANT
    }


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.mark.parametrize("route", sorted(BY_NAME))
def test_control_without_a_name_the_second_makes_another(world: World, route: str) -> None:
    client = world.client("owner")
    form = {**drawn(world, client, route), **POSTS[route].typed}
    del form["form_name"]
    client.post(world.address(route), form)
    after = facts()
    client.post(world.address(route), form)
    assert any(len(rows) > len(after[model]) for model, rows in facts().items())


@pytest.mark.parametrize("route", POSTS)
def test_second_time_changes_nothing(world: World, route: str) -> None:
    post = POSTS[route]
    post.prepare(world)
    client = world.client("owner")
    before = facts()
    form = {**drawn(world, client, route), **post.typed}
    first = client.post(world.address(route), form)
    after = facts()
    client.cookies.pop("messages", None)  # the browser has dropped the first answer
    second = client.post(world.address(route), form)
    assert (first.status_code, second.status_code) == post.answers
    assert facts() == after
    makes_rows = any(len(after[model]) > len(before[model]) for model in after)
    assert makes_rows == (route in BY_NAME | BY_OTHER_RULES)
    if route in BY_NAME:
        assert "form_name" in form
        assert second["Location"] == first["Location"]
        assert said(second) == said(first)
