from typing import Any

import pytest

from tests.support.pages.fuzzing import PEOPLE, World, fuzz, is_admin
from tests.support.pages.routes import every_route

# `make soak` fuzzes for longer and on both databases.
pytestmark = pytest.mark.once

TRIES = 500
# The addresses with a form.
FORMS = """
/admin/auth/group/
/admin/auth/group/<object_id>/change/
/admin/auth/group/<object_id>/delete/
/admin/auth/group/add/
/admin/booking/booking/
/admin/booking/change/
/admin/booking/mail/
/admin/booking/timeoff/
/admin/calendars/calendar/
/admin/calendars/calendar/<object_id>/change/
/admin/calendars/calendaraddress/
/admin/calendars/confirmation/
/admin/calendars/dateoverride/
/admin/calendars/dateoverride/<object_id>/change/
/admin/calendars/dateoverride/<object_id>/delete/
/admin/calendars/dateoverride/add/
/admin/calendars/owner/
/admin/calendars/owner/<id>/password/
/admin/calendars/owner/<object_id>/change/
/admin/calendars/owner/add/
/admin/calendars/passwordreset/
/admin/onetime_links/linkrequest/
/admin/onetime_links/onetimelink/
/admin/onetime_links/onetimelink/<object_id>/change/
/admin/onetime_links/onetimelink/add/
/book/<slug>/bookings/
/book/<slug>/embed/bookings/
/bookings/
/bookings/<pk>/cancellation/
/bookings/<pk>/reschedule/
/bookings/client-data/
/bookings/new/
/bookings/feed/
/bookings/time-off/
/bookings/time-off/<pk>/
/bookings/time-off/new/
/calendars/
/calendars/<slug>/share/one-time-link/
/calendars/<slug>/availability/
/calendars/<slug>/availability/overrides/<day>/
/calendars/<slug>/availability/overrides/new/
/calendars/<slug>/booking-form/
/calendars/<slug>/booking-rules/
/calendars/<slug>/delete/
/calendars/<slug>/meeting-details/
/calendars/<slug>/notifications/
/calendars/<slug>/one-time-links/
/calendars/<slug>/one-time-links/<pk>/
/calendars/new/
/l/<token>/bookings/
/l/<token>/requests/
/manage/<token>/cancellation/
/manage/<token>/reschedule/
/password-reset/
/password-reset/<uidb64>/<token>/
/profile/
/profile/password/
/sign-in/
/sign-up/
"""


@pytest.fixture
def world(db: None, settings: Any) -> World:
    settings.SIGN_UP_OPEN = True
    return World.make()


def test_every_form_is_sent_its_own_fields(world: World) -> None:
    found = {
        route
        for route in every_route()
        if world.fields(world.address(route), PEOPLE[is_admin(route)][0])
    }
    assert found == set(FORMS.split())


def test_nothing_answers_5xx(world: World) -> None:
    fuzz(world, tries=TRIES)
    assert world.statuses.total() >= TRIES
    # The requests were not all nonsense: pages were shown, and forms refused and accepted.
    assert {200, 302, 404, 405, 422} <= set(world.statuses)
