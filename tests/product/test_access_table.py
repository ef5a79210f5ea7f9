"""The access table: what every address that the resolver knows answers to whom.

A new address without a row fails, and pytest prints the row that it needs: check it, and put it
into the table if it is what you meant.
"""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from difflib import ndiff
from typing import Any
from urllib.parse import urlsplit

import pytest
from django import get_version
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import default_token_generator
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from booking.models import Booking, TimeOff
from booking.owner.feed import open_feed
from calendars.models import Owner
from calendars.rules import replace_overrides
from onetime_links.models import LinkRequest, OneTimeLink
from tests.support.pages.routes import every_route
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    ChangeFactory,
    ConfirmationFactory,
    MailFactory,
    OneTimeLinkFactory,
    OwnerFactory,
    PasswordResetFactory,
    TimeOffFactory,
)

pytestmark = [pytest.mark.once, pytest.mark.django_db]

# Each cell is the answer to GET and to POST: a status, `in` for the sign-in page, `>in` if it leads
# there, or `>` if it leads to the address that the row names at its end. Olive owns everything; Sam
# is the stranger. People who know no token guess it. A client knows the tokens of their link and
# booking, and Olive those of her links, of her feed and of her password reset.
TABLE = """
address                                                        nobody   client   stranger owner    staff
/book/<slug>/                                                  200/405  200/405  200/405  200/405  200/405
/book/<slug>/bookings/                                         >/422    >/422    >/422    >/422    >/422    > public_page
/book/<slug>/embed/                                            200/405  200/405  200/405  200/405  200/405
/book/<slug>/embed/bookings/                                   >/422    >/422    >/422    >/422    >/422    > embed_page
/book/<slug>/embed/bookings/<token>/                           404/405  200/405  404/405  404/405  404/405
/l/<token>/                                                    404/405  200/405  404/405  200/405  404/405
/l/<token>/bookings/                                           404/404  >/422    404/404  >/422    404/404  > one_time_page
/l/<token>/requests/                                           404/404  >/>      404/404  >/>      404/404  > one_time_page
/manage/<token>/                                               404/405  200/405  404/405  404/405  404/405
/manage/<token>/booking.ics                                    404/405  200/405  404/405  404/405  404/405
/manage/<token>/reschedule/                                    404/404  200/422  404/404  404/404  404/404
/manage/<token>/cancellation/                                  404/404  200/422  404/404  404/404  404/404
/bookings/                                                     >in/in   >in/in   200/405  200/405  200/405
/bookings/export/                                              >in/in   >in/in   200/405  200/405  200/405
/bookings/new/                                                 >in/in   >in/in   200/422  200/422  200/200
/bookings/<pk>/                                                >in/in   >in/in   404/405  200/405  404/405
/bookings/<pk>/reschedule/                                     >in/in   >in/in   404/404  200/422  404/404
/bookings/<pk>/cancellation/                                   >in/in   >in/in   404/404  200/422  404/404
/bookings/<pk>/no-show/                                        >in/in   >in/in   405/404  405/>    405/404  > booking
/bookings/<pk>/no-show/undo/                                   >in/in   >in/in   405/404  405/>    405/404  > booking
/bookings/<pk>/mail-tries/                                     >in/in   >in/in   405/404  405/>    405/404  > booking
/bookings/<pk>/new-link/                                       >in/in   >in/in   405/404  405/404  405/404
/bookings/week/                                                >in/in   >in/in   200/405  200/405  200/405
/bookings/month/                                               >in/in   >in/in   200/405  200/405  200/405
/bookings/time-off/                                            >in/in   >in/in   200/405  200/405  200/405
/bookings/time-off/new/                                        >in/in   >in/in   200/422  200/422  200/422
/bookings/time-off/<pk>/                                       >in/in   >in/in   404/404  200/422  404/404
/bookings/time-off/<pk>/removal/                               >in/in   >in/in   405/>    405/>    405/>    > time_off
/bookings/client-data/                                         >in/in   >in/in   200/422  200/422  200/422
/bookings/client-data/export/                                  >in/in   >in/in   405/422  405/422  405/422
/bookings/client-data/cancellations/                           >in/in   >in/in   405/422  405/422  405/422
/bookings/client-data/erasure/                                 >in/in   >in/in   405/422  405/422  405/422
/staff/client-data/                                            >in/in   >in/in   404/404  404/404  200/422
/staff/client-data/export/                                     >in/in   >in/in   405/404  405/404  405/422
/staff/client-data/cancellations/                              >in/in   >in/in   405/404  405/404  405/422
/staff/client-data/erasure/                                    >in/in   >in/in   405/404  405/404  405/422
/bookings/feed/                                                >in/in   >in/in   200/405  200/405  200/405
/bookings/feed/address/                                        >in/in   >in/in   405/>    405/>    405/>    > feed_settings
/bookings/feed/removal/                                        >in/in   >in/in   405/>    405/>    405/>    > feed_settings
/feed/<token>/bookings.ics                                     404/405  404/405  404/405  200/405  404/405
/calendars/<slug>/notifications/                               >in/in   >in/in   404/404  200/422  404/404
/calendars/<slug>/delete/                                      >in/in   >in/in   404/404  200/422  404/404
/styleguide/                                                   404/404  404/404  404/404  404/404  404/404
/styleguide/<part>/                                            404/404  404/404  404/404  404/404  404/404
/healthz                                                       200/405  200/405  200/405  200/405  200/405
/readyz                                                        200/405  200/405  200/405  200/405  200/405
/admin/r/                                                      404/404  404/404  404/404  404/404  404/404
/admin/                                                        >in/in   >in/in   >in/>in  >in/>in  200/200
/admin/login/                                                  >in/in   >in/in   403/403  403/403  >in/>in
/admin/logout/                                                 >/>      >/>      >/>      >/>      405/>in  > index
/admin/password_change/                                        >in/in   >in/in   >in/>in  >in/>in  >/>      > password_change
/admin/password_change/done/                                   >in/in   >in/in   >in/>in  >in/>in  200/405
/admin/autocomplete/                                           >in/in   >in/in   >in/>in  >in/>in  403/405
/admin/jsi18n/                                                 >in/in   >in/in   >in/>in  >in/>in  200/405
/admin/r/<content_type_id>/<object_id>/                        404/404  404/404  404/404  404/404  404/404
/admin/<app_label>/                                            >in/in   >in/in   >in/>in  >in/>in  200/200
/admin/<url>                                                   >in/in   >in/in   >in/>in  >in/>in  404/404
/                                                              >in/405  >in/405  >/405    >/405    >/405    > settings
/calendars/                                                    >in/405  >in/405  200/405  200/405  200/405
/calendars/new/                                                >in/in   >in/in   200/422  200/422  200/422
/calendars/<slug>/duplicate/                                   405/in   405/in   405/404  405/>    405/404  > meeting_details
/calendars/<slug>/pause/                                       405/in   405/in   405/404  405/>    405/404  > settings
/calendars/<slug>/resume/                                      405/in   405/in   405/404  405/>    405/404  > settings
/calendars/<slug>/meeting-details/                             >in/in   >in/in   404/404  200/422  404/404
/calendars/<slug>/availability/                                >in/in   >in/in   404/404  200/422  404/404
/calendars/<slug>/availability/overrides/new/                  >in/in   >in/in   404/404  200/422  404/404
/calendars/<slug>/availability/overrides/<day>/                >in/in   >in/in   404/404  200/422  404/404
/calendars/<slug>/availability/overrides/<day>/removal/        405/in   405/in   405/404  405/>    405/404  > availability
/calendars/<slug>/booking-rules/                               >in/in   >in/in   404/404  200/422  404/404
/calendars/<slug>/booking-form/                                >in/in   >in/in   404/404  200/>    404/404  > booking_form
/calendars/<slug>/share/                                       >in/405  >in/405  404/405  200/405  404/405
/calendars/<slug>/share/embed/                                 >in/405  >in/405  404/405  200/405  404/405
/calendars/<slug>/share/qr-code.svg                            >in/405  >in/405  404/405  200/405  404/405
/mail/                                                         >in/in   >in/in   404/405  404/405  404/405
/mail/<name>/                                                  >in/in   >in/in   404/405  404/405  404/405
/mail/<name>/html/                                             >in/in   >in/in   404/405  404/405  404/405
/mail/<name>/attachments/<number>/                             >in/in   >in/in   404/405  404/405  404/405
/sign-in/                                                      200/422  200/422  >/>      >/>      >/>      > settings
/sign-out/                                                     405/>in  405/>in  405/>in  405/>in  405/>in
/sign-up/                                                      200/422  200/422  200/422  200/422  200/422
/profile/                                                      >in/in   >in/in   200/422  200/422  200/422
/profile/confirmation/                                         >in/in   >in/in   405/>    405/>    405/>    > profile
/confirm-email/<token>/                                        >in/in   >in/in   410/410  410/410  410/410
/profile/password/                                             >in/in   >in/in   200/422  200/422  200/422
/password-reset/                                               200/422  200/422  200/422  200/422  200/422
/password-reset/sent/                                          200/405  200/405  200/405  200/405  200/405
/password-reset/<uidb64>/<token>/                              200/200  200/200  200/200  >/>      200/200  > password_reset_confirm
/calendars/<slug>/one-time-links/                              >in/in   >in/in   404/404  200/>    404/404  > section
/calendars/<slug>/one-time-links/<pk>/                         >in/in   >in/in   404/404  200/>    404/404  > section
/calendars/<slug>/one-time-links/<pk>/revocation/              405/in   405/in   405/404  405/>    405/404  > section
/calendars/<slug>/one-time-links/<pk>/restoration/             405/in   405/in   405/404  405/>    405/404  > section
/calendars/<slug>/one-time-links/requests/<pk>/answer/         405/in   405/in   405/404  405/>    405/404  > section
/calendars/<slug>/one-time-links/requests/<pk>/dismissal/      405/in   405/in   405/404  405/>    405/404  > section
/calendars/<slug>/share/one-time-link/                         >in/in   >in/in   404/404  200/>    404/404  > share_tab
"""  # noqa: E501

# The answers to staff on the admin's pages of each model. All others are led to sign in.
STAFF_TABLE = """
address                                                        staff
/admin/auth/group/                                             200/200
/admin/auth/group/add/                                         200/>    > auth_group_changelist
/admin/auth/group/<object_id>/history/                         200/200
/admin/auth/group/<object_id>/delete/                          200/>    > auth_group_changelist
/admin/auth/group/<object_id>/change/                          200/>    > auth_group_changelist
/admin/auth/group/<object_id>/                                 >/>      > auth_group_change
/admin/calendars/owner/<id>/password/                          200/200
/admin/calendars/owner/                                        200/200
/admin/calendars/owner/add/                                    200/200
/admin/calendars/owner/<object_id>/history/                    200/200
/admin/calendars/owner/<object_id>/delete/                     403/403
/admin/calendars/owner/<object_id>/change/                     200/200
/admin/calendars/owner/<object_id>/                            >/>      > calendars_owner_change
/admin/calendars/confirmation/                                 200/200
/admin/calendars/confirmation/add/                             403/403
/admin/calendars/confirmation/<object_id>/history/             200/200
/admin/calendars/confirmation/<object_id>/delete/              403/403
/admin/calendars/confirmation/<object_id>/change/              200/403
/admin/calendars/confirmation/<object_id>/                     >/>      > calendars_confirmation_change
/admin/calendars/passwordreset/                                200/200
/admin/calendars/passwordreset/add/                            403/403
/admin/calendars/passwordreset/<object_id>/history/            200/200
/admin/calendars/passwordreset/<object_id>/delete/             403/403
/admin/calendars/passwordreset/<object_id>/change/             200/403
/admin/calendars/passwordreset/<object_id>/                    >/>      > calendars_passwordreset_change
/admin/calendars/calendar/                                     200/200
/admin/calendars/calendar/add/                                 403/403
/admin/calendars/calendar/<object_id>/history/                 200/200
/admin/calendars/calendar/<object_id>/delete/                  403/403
/admin/calendars/calendar/<object_id>/change/                  200/200
/admin/calendars/calendar/<object_id>/                         >/>      > calendars_calendar_change
/admin/calendars/calendaraddress/                              200/200
/admin/calendars/calendaraddress/add/                          403/403
/admin/calendars/calendaraddress/<object_id>/history/          200/200
/admin/calendars/calendaraddress/<object_id>/delete/           403/403
/admin/calendars/calendaraddress/<object_id>/change/           200/403
/admin/calendars/calendaraddress/<object_id>/                  >/>      > calendars_calendaraddress_change
/admin/calendars/dateoverride/                                 200/200
/admin/calendars/dateoverride/add/                             200/200
/admin/calendars/dateoverride/<object_id>/history/             200/200
/admin/calendars/dateoverride/<object_id>/delete/              200/>    > calendars_dateoverride_changelist
/admin/calendars/dateoverride/<object_id>/change/              200/200
/admin/calendars/dateoverride/<object_id>/                     >/>      > calendars_dateoverride_change
/admin/onetime_links/onetimelink/                              200/200
/admin/onetime_links/onetimelink/add/                          200/200
/admin/onetime_links/onetimelink/<object_id>/history/          200/200
/admin/onetime_links/onetimelink/<object_id>/delete/           403/403
/admin/onetime_links/onetimelink/<object_id>/change/           200/>    > onetime_links_onetimelink_changelist
/admin/onetime_links/onetimelink/<object_id>/                  >/>      > onetime_links_onetimelink_change
/admin/onetime_links/linkrequest/                              200/200
/admin/onetime_links/linkrequest/add/                          403/403
/admin/onetime_links/linkrequest/<object_id>/history/          200/200
/admin/onetime_links/linkrequest/<object_id>/delete/           403/403
/admin/onetime_links/linkrequest/<object_id>/change/           200/403
/admin/onetime_links/linkrequest/<object_id>/                  >/>      > onetime_links_linkrequest_change
/admin/booking/booking/                                        200/200
/admin/booking/booking/add/                                    403/403
/admin/booking/booking/<object_id>/history/                    200/200
/admin/booking/booking/<object_id>/delete/                     403/403
/admin/booking/booking/<object_id>/change/                     200/403
/admin/booking/booking/<object_id>/                            >/>      > booking_booking_change
/admin/booking/change/                                         200/200
/admin/booking/change/add/                                     403/403
/admin/booking/change/<object_id>/history/                     200/200
/admin/booking/change/<object_id>/delete/                      403/403
/admin/booking/change/<object_id>/change/                      200/403
/admin/booking/change/<object_id>/                             >/>      > booking_change_change
/admin/booking/mail/                                           200/200
/admin/booking/mail/add/                                       403/403
/admin/booking/mail/<object_id>/history/                       200/200
/admin/booking/mail/<object_id>/delete/                        403/403
/admin/booking/mail/<object_id>/change/                        200/403
/admin/booking/mail/<object_id>/                               >/>      > booking_mail_change
/admin/booking/timeoff/                                        200/200
/admin/booking/timeoff/add/                                    403/403
/admin/booking/timeoff/<object_id>/history/                    200/200
/admin/booking/timeoff/<object_id>/delete/                     403/403
/admin/booking/timeoff/<object_id>/change/                     200/403
/admin/booking/timeoff/<object_id>/                            >/>      > booking_timeoff_change
"""  # noqa: E501
PEOPLE = ("nobody", "client", "stranger", "owner", "staff")
MODELS = [*admin.site._registry]
UNIMPORTANT = {"django_session", "calendars_tally"}
DAY = date(2030, 1, 1)
GUESS = "A" * 22
# This version is on no page by chance.
VERSION = "98.765.43"
# This form changes something for people who are let in, and must change nothing for others.
BODY = {"name": "Mine now", "display_name": "Mine now", "note": "Mine now", "post": "yes"}
ORIGIN = {"Origin": "http://testserver"}
WRITE = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+\"?(\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class World:
    """The objects behind the addresses, and the sessions of those who are signed in."""

    olive: Owner
    link: OneTimeLink
    booking: Booking
    time_off: TimeOff
    request: LinkRequest
    sessions: dict[str, str]

    def arguments(self, route: str, person: str) -> dict[str, Any]:
        """Return the arguments of the route, as far as `person` knows them."""
        reset = default_token_generator.make_token(self.olive)
        token, knowing = {
            "l": (self.link.token, {"client", "owner"}),
            "manage": (self.booking.manage_token, {"client"}),
            "book": (self.booking.manage_token, {"client"}),
            "feed": (self.olive.feed_token or "", {"owner"}),
            "password-reset": (reset, {"owner"}),
        }.get(route.split("/")[1], (GUESS, set()))
        rows: dict[str, Model] = {
            "requests": self.request,
            "one-time-links": self.link,
            "time-off": self.time_off,
        }
        row = next((row for part, row in rows.items() if f"/{part}/" in route), self.booking)
        model = model_of(route)
        key = first_key(model) if model else self.booking.pk
        return {
            "slug": self.booking.calendar.slug,
            "day": DAY.isoformat(),
            "pk": row.pk,
            "uidb64": urlsafe_base64_encode(force_bytes(self.olive.pk)),
            "token": token if person in knowing else GUESS,
            "url": "nothing",
            "app_label": "calendars",
            "content_type_id": 1,
            "object_id": key,
            "id": key,
            "name": "anything",
            "part": "pick",
            "number": 0,
        }

    def tokens_in(self, response: Any) -> list[str]:
        tokens = [self.booking.manage_token, self.olive.feed_token or ""]
        tokens += OneTimeLink.objects.values_list("token", flat=True)
        page = "".join(map(bytes.decode, response))
        return [token for token in tokens if token in page]

    def browser(self, person: str) -> Client:
        """Return a fresh browser, because an earlier request may have signed out the last one."""
        client = Client(headers=ORIGIN)
        if session := self.sessions.get(person):
            client.cookies["sessionid"] = session
        return client


@pytest.fixture
def world(olive: Owner, sam: Owner, settings: Any, caplog: pytest.LogCaptureFixture) -> World:
    # A log entry for each of hundreds of refusals would bury the row that differs.
    caplog.set_level(logging.ERROR, "django.request")
    settings.SIGN_UP_OPEN = True
    settings.VERSION = VERSION
    open_feed(owner=olive)
    calendar = CalendarFactory.create(owner=olive, name="Discovery call", slug="discovery-call")
    replace_overrides(calendar=calendar, dates=[DAY], hours=[], now=timezone.now())
    CalendarFactory.create(owner=sam, slug="sams")
    Group.objects.create(name="Helpers")
    staff = OwnerFactory.create(is_staff=True, is_superuser=True)
    booking = BookingFactory.create(calendar=calendar)
    ChangeFactory.create(booking=booking)
    MailFactory.create(booking=booking)
    ConfirmationFactory.create(owner=olive)
    PasswordResetFactory.create(owner=olive)
    return World(
        olive,
        OneTimeLinkFactory.create(calendar=calendar),
        booking,
        TimeOffFactory.create(host=olive),
        LinkRequest.objects.create(
            link=OneTimeLinkFactory.create(calendar=calendar, revoked_at=timezone.now()),
            client_name="Cleo",
        ),
        {"stranger": session_of(sam), "owner": session_of(olive), "staff": session_of(staff)},
    )


def session_of(owner: Owner) -> str:
    client = Client()
    client.force_login(owner)
    return client.cookies["sessionid"].value


def model_of(route: str) -> type[Model] | None:
    """Return the model whose admin pages the route belongs to."""
    pages = {f"/admin/{model._meta.label_lower.replace('.', '/')}/": model for model in MODELS}
    return next((model for page, model in pages.items() if route.startswith(page)), None)


def first_key(model: type[Model]) -> Any:
    row = model._default_manager.order_by("pk").first()
    assert row, f"Put a {model.__name__} into the world, so that there is something to refuse."
    return row.pk


def test_table(world: World) -> None:
    compare(
        TABLE,
        [
            line(route, [answers(world, route, person) for person in PEOPLE])
            for route in every_route()
            if not model_of(route)
        ],
    )


def line(title: str, cells: Sequence["Answers"]) -> str:
    """Return a row of a table; it ends in the names of the addresses that people are led to."""
    targets = sorted({target for cell in cells for target in cell.targets})
    led_to = f"> {' '.join(targets)}" if targets else ""
    return f"{title:<63}{''.join(f'{cell.text:<9}' for cell in cells)}{led_to}".rstrip()


def test_staff_table(world: World) -> None:
    routes = filter(model_of, every_route())
    compare(STAFF_TABLE, [line(route, [answers(world, route, "staff")]) for route in routes])


def test_only_staff_reach_a_model_in_the_admin(world: World) -> None:
    routes = [*filter(model_of, every_route())]
    assert len(routes) >= 6 * len(MODELS)
    for route in routes:
        assert (route, answers(world, route, "nobody").text) == (route, ">in/in")
        assert (route, answers(world, route, "owner").text) == (route, ">in/>in")


def test_options_are_told_to_nobody_but_staff(world: World) -> None:
    """Only staff may learn methods by OPTIONS; Django's own views would tell everybody."""
    for route in every_route():
        for person in ("nobody", "owner"):
            address = filled(route, world.arguments(route, person))
            response = world.browser(person).options(address)
            assert (address, response.status_code == 200 and "Allow" in response) == (
                address,
                False,
            )


def compare(table: str, lines: list[str]) -> None:
    """Fail with the rows that should go (-) and those that should come (+)."""
    rows = ndiff(table.strip().splitlines()[1:], lines)
    if changes := [row for row in rows if row[0] in "+-"]:
        pytest.fail("\n".join(["This is not the table:", *changes]), pytrace=False)


@dataclass(frozen=True)
class Answers:
    """The answers to one person at one address, by GET and by POST."""

    got: Any
    posted: Any

    @property
    def text(self) -> str:
        return f"{word(self.got)}/{word(self.posted)}"

    @property
    def targets(self) -> set[str]:
        return {name for name in (target(self.got), target(self.posted)) if name}


def answers(world: World, route: str, person: str) -> Answers:
    """Return the answers at the address; the changes of each request are rolled back."""
    arguments = world.arguments(route, person)
    address = filled(route, arguments)
    with taken_back(), writes() as tables:
        got = world.browser(person).get(address)
    assert not tables, f"GET {address} wrote {tables}"
    with taken_back(), writes() as tables:
        posted = world.browser(person).post(address, BODY)
    refused = posted.status_code >= 400 or word(posted) == ">in"
    assert not (tables and refused), f"POST {address} was refused, but wrote {tables}"
    for response in (got, posted):
        assert person == "staff" or not told_versions(response), f"{address} tells a version"
        assert is_kept_by_nobody(response) or not world.tokens_in(response), f"{address} is kept"
    return Answers(got, posted)


def told_versions(response: Any) -> list[str]:
    """Return the versions in the answer: they would help a stranger to choose an attack."""
    answer = f"{response.headers}{b''.join(response).decode()}"
    return [version for version in (VERSION, get_version()) if version in answer]


def is_kept_by_nobody(response: Any) -> bool:
    """Return whether no cache keeps the answer; a feed's reader may keep it and revalidate."""
    is_feed = response.request["PATH_INFO"].startswith("/feed/")
    kept = response.get("Cache-Control", "")
    return "no-store" in kept or (is_feed and kept == "private, no-cache")


def word(response: Any) -> str:
    if "Location" not in response:
        is_sign_in = "calendars/accounts/sign_in.html" in [each.name for each in response.templates]
        return "in" if is_sign_in and response.status_code == 403 else str(response.status_code)
    return ">" if target(response) else ">in"


def target(response: Any) -> str | None:
    """Return the name of the address that the answer leads to, unless it is sign-in."""
    if "Location" not in response:
        return None
    match = resolve(urlsplit(response["Location"]).path)
    return None if match.url_name in {"sign_in", "login"} else match.url_name


def filled(route: str, arguments: dict[str, Any]) -> str:
    return re.sub(r"<(\w+)>", lambda name: str(arguments[name[1]]), route)


@contextmanager
def taken_back() -> Iterator[None]:
    """Roll back what the block has done to the database."""
    block = transaction.atomic()
    # Django's own TestCase does so too: the booking transaction must be the outermost one.
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)


@contextmanager
def writes() -> Iterator[list[str]]:
    """Yield the tables that the block writes to, except sessions and counters of throttles."""
    tables: list[str] = []

    def look(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if (found := WRITE.match(sql)) and found[2] not in UNIMPORTANT:
            tables.append(found[2])
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        yield tables
