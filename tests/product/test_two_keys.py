"""Addresses with two keys, of a calendar and of something in it: the two must belong together.

Olive uses the address of her calendar for an object in another calendar, of hers or of Sam's. She
gets the same 404 as for an object that does not exist, and nothing is changed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from booking.models import Booking
from calendars.models import Calendar, DateOverride, Owner
from calendars.rules import replace_overrides
from onetime_links.models import LinkRequest, OneTimeLink
from tests.support.pages.routes import every_route
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    LinkRequestFactory,
    OneTimeLinkFactory,
)

pytestmark = [pytest.mark.once, pytest.mark.django_db]
DAY = date(2030, 1, 1)
ROUTES = [
    route
    for route in every_route()
    if "<slug>" in route and re.search("<(?!slug)", route) and not route.startswith("/admin/")
]


@dataclass(frozen=True)
class Content:
    """The objects in a calendar."""

    link: OneTimeLink
    request: LinkRequest
    booking: Booking

    def address(self, route: str, *, slug: str) -> str:
        pk = self.request.pk if "/requests/" in route else self.link.pk
        keys = {"slug": slug, "pk": pk, "day": DAY, "token": self.booking.manage_token}
        return re.sub(r"<(\w+)>", lambda name: str(keys[name[1]]), route)


def fill(calendar: Calendar) -> Content:
    replace_overrides(calendar=calendar, dates=[DAY], hours=[], now=timezone.now())
    revoked = OneTimeLinkFactory.create(calendar=calendar, revoked_at=timezone.now())
    return Content(
        OneTimeLinkFactory.create(calendar=calendar),
        LinkRequestFactory.create(link=revoked),
        BookingFactory.create(calendar=calendar),
    )


@pytest.fixture
def asked_by(olive: Owner) -> Calendar:
    """The calendar whose address Olive uses; nothing is in it."""
    return CalendarFactory.create(owner=olive, slug="asked-by")


@pytest.fixture(params=["olive", "sam"])
def elsewhere(
    request: pytest.FixtureRequest, olive: Owner, sam: Owner, asked_by: Calendar
) -> Content:
    owner = {"olive": olive, "sam": sam}[request.param]
    return fill(CalendarFactory.create(owner=owner, slug="elsewhere"))


@pytest.fixture
def facts(elsewhere: Content) -> Callable[[], list[Any]]:
    """A function that returns all rows as they are now."""
    models = (DateOverride, OneTimeLink, LinkRequest, Booking)
    return lambda: [list(model._default_manager.order_by("pk").values()) for model in models]


def test_every_address_with_two_keys_is_tried() -> None:
    assert {route.removeprefix("/calendars/<slug>") for route in ROUTES} == {
        "/availability/overrides/<day>/",
        "/availability/overrides/<day>/removal/",
        "/one-time-links/<pk>/",
        "/one-time-links/<pk>/revocation/",
        "/one-time-links/<pk>/restoration/",
        "/one-time-links/requests/<pk>/answer/",
        "/one-time-links/requests/<pk>/dismissal/",
        "/book/<slug>/embed/bookings/<token>/",
    }


@pytest.mark.parametrize("route", ROUTES)
def test_key_of_another_calendar_is_not_found(
    client: Client,
    olive: Owner,
    elsewhere: Content,
    facts: Callable[[], list[Any]],
    route: str,
) -> None:
    client.force_login(olive)
    address = elsewhere.address(route, slug="asked-by")
    before = facts()
    got, posted = client.get(address), client.post(address, {"note": "Mine now", "first": DAY})
    # Removing a day that has no override succeeds: it is gone already.
    expected = {302, 405} if route.endswith("/<day>/removal/") else {404, 405}
    assert {got.status_code, posted.status_code} <= expected
    assert (got.status_code, posted.status_code) != (405, 405)
    assert facts() == before


@pytest.mark.parametrize("route", ROUTES)
def test_key_of_the_calendar_itself_is_found(client: Client, olive: Owner, route: str) -> None:
    calendar = CalendarFactory.create(owner=olive, slug="asked-by")
    client.force_login(olive)
    address = fill(calendar).address(route, slug="asked-by")
    answers = [client.get(address), client.post(address)]
    assert {200, 302} & {answer.status_code for answer in answers}
