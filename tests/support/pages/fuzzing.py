"""Requests of all kinds to every address, as everybody: no answer may be a 5xx."""

import logging
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.auth.views import PasswordResetConfirmView
from django.test import Client
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from booking.acts.nonces import make_nonce
from booking.models import Booking, TimeOff
from booking.owner.feed import open_feed
from booking.questions import name_questions
from calendars.accounts.confirmation import make_confirmation_token
from calendars.models import Calendar, Owner
from calendars.rules import replace_overrides
from onetime_links.models import LinkRequest, OneTimeLink
from tests.product.test_access_table import session_of, taken_back
from tests.support.pages.parsing import reset_address
from tests.support.pages.routes import every_route
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    ChangeFactory,
    ConfirmationFactory,
    LinkRequestFactory,
    MailFactory,
    OneTimeLinkFactory,
    OwnerFactory,
    PasswordResetFactory,
    TimeOffFactory,
)

# The names of a page's fields, and the parameters of the addresses that it links to.
NAME = re.compile(r"(?:name=\"|[?&;])([\w:-]{1,60})[\"=]")
FIELD = re.compile(r"<(?:input|select|textarea)\b[^>]*?\sname=\"(?!csrf|came_from)([^\"]+)\"")
# Addresses where a booking is made or a new link asked for, whose form is on another page.
SENT_FROM_PAGE = re.compile(r"(/book/.+/|/l/[^/]+/)(?:bookings|requests)/|(/manage/.+/reschedule/)")
BOOKINGS = ("/book/<slug>/bookings/", "/book/<slug>/embed/bookings/", "/l/<token>/bookings/")
FORM = "application/x-www-form-urlencoded"
ORIGIN = {"Origin": "http://testserver"}
# Parameters in the addresses of the application and of Django's admin.
PARAMETERS = (
    *("tz", "month", "day", "at", "clock", "change", "chosen", "place", "show", "q", "page"),
    *("older_than", "newer_than", "made", "kept", "new", "again", "calendar", "before", "after"),
    *("next", "week", "look", "preset", "name", "_popup", "_to_field", "o", "p", "e", "all"),
    *("_changelist_filters", "created_at__year", "owner__id__exact", "app_label", "term"),
    *("model_name", "field_name", "object_id", "starts_at__gte", "cancelled_at__isempty"),
)
HEADERS = (
    *("Accept-Language", "Cookie", "Host", "Origin", "Referer", "X-Forwarded-For", "User-Agent"),
    *("X-Forwarded-Proto", "X-Forwarded-Host", "HX-Request", "HX-Current-URL", "X-Fragment"),
    *("If-None-Match", "If-Modified-Since", "Range", "Accept-Encoding", "Accept", "Expect"),
    *("Content-Length", "Sec-Purpose", "X-HTTP-Method-Override", "X-CSRFToken"),
)
PLAUSIBLE = (
    *("", "1", "0", "-1", "on", "yes", "all", "text", "2", "25", "09:00", "24:00", "UTC", "green"),
    *(
        "2026-12",
        "2026-12-01",
        "2199-12-31",
        "9999-12-31",
        "0001-01-01",
        "2026-02-30",
        "2028-02-29",
    ),
    *("2026-12-01T09:00", "2199-12-31T23:59", "Europe/Berlin", "Asia/Kathmandu", "Factory"),
    *("Berlin", "cleo@example.com", "discovery-call", "http://testserver", "null", "testserver"),
    *("9" * 19, "9" * 30, "9" * 5000, "1e400", "NaN", "²", "٣", "True", "None", "[]", "{}"),
    *("../../etc/passwd", "' OR 1=1 --", "%00", "\x00", "a\r\nb", "\u202e", "\ud800", "𝕮" * 500),
    *(
        "x" * 5000,
        "<script>",
        "{{x}}",
        "%s%s%n",
        "a;b=c",
        ",",
        "12",
        "hours",
        "0.text.1",
        "hours.0",
    ),
    *("de-DE,de;q=0.9", "en", "x" * 300 + "-de", "192.0.2.1, ::1", "999.1.1.1", "bytes=0-", "W/"),
)


@dataclass(frozen=True)
class World:
    olive: Owner
    calendar: Calendar
    # This calendar has no bookings, so it can be deleted.
    empty: Calendar
    link: OneTimeLink
    dead: OneTimeLink
    booking: Booking
    time_off: TimeOff
    request: LinkRequest
    sessions: dict[str, str]
    # The key of one record of each kind that staff look after.
    records: dict[str, str]
    pages: dict[tuple[str, str], str] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)

    @classmethod
    def make(cls) -> "World":
        olive, sam = OwnerFactory.create(display_name="Olive"), OwnerFactory.create()
        staff = OwnerFactory.create(is_staff=True, is_superuser=True)
        open_feed(owner=olive)
        asked = [{"label": kind, "kind": kind, "required": True} for kind in ("text", "checkbox")]
        hours = [(weekday, 0, 24 * 60) for weekday in range(7)]
        calendar = CalendarFactory.create(
            owner=olive, slug="discovery-call", questions=asked, hours=hours
        )
        booking = BookingFactory.create(calendar=calendar)
        ChangeFactory.create(booking=booking)
        MailFactory.create(booking=booking)
        ConfirmationFactory.create(owner=olive)
        PasswordResetFactory.create(owner=olive)
        link = OneTimeLinkFactory.create(calendar=calendar)
        time_off = TimeOffFactory.create(host=olive)
        dead, awaiting = OneTimeLinkFactory.create_batch(
            2, calendar=calendar, revoked_at=timezone.now()
        )
        request = LinkRequestFactory.create(link=awaiting)
        replace_overrides(calendar=calendar, dates=[tomorrow()], hours=[], now=timezone.now())
        Group.objects.create(name="Helpers")
        sessions = {"owner": olive, "stranger": sam, "staff": staff}
        return cls(
            olive,
            calendar,
            CalendarFactory.create(owner=olive, slug="empty"),
            link,
            dead,
            booking,
            time_off,
            request,
            {
                **{name: session_of(owner) for name, owner in sessions.items()},
                "nobody": session_of_forgetful(olive),
            },
            {
                f"{model._meta.app_label}/{model._meta.model_name}": str(
                    model._default_manager.values_list("pk", flat=True).order_by("pk")[0]
                )
                for model in admin.site._registry
            },
        )

    def known(self, route: str) -> dict[str, str]:
        """Return values for the parameters of the route that lead to something that exists."""
        asks = route.endswith("/requests/")
        tokens = {
            "l": (self.dead if asks else self.link).token,
            "feed": self.olive.feed_token or "",
            "confirm-email": make_confirmation_token(self.olive),
            "password-reset": PasswordResetConfirmView.reset_url_token,
        }
        parts = route.split("/")
        rows = {
            "requests": self.request.pk,
            "one-time-links": self.link.pk,
            "time-off": self.time_off.pk,
        }
        return {
            "slug": (self.empty if route.endswith("/delete/") else self.calendar).slug,
            "token": tokens.get(parts[1], self.booking.manage_token),
            "pk": str(next((rows[part] for part in rows if part in parts), self.booking.pk)),
            "uidb64": urlsafe_base64_encode(force_bytes(self.olive.pk)),
            "day": tomorrow().isoformat(),
            "object_id": self.records.get("/".join(parts[2:4]), "1"),
            "content_type_id": "1",
            "app_label": "booking",
        }

    def address(self, route: str) -> str:
        known = self.known(route)
        return re.sub(r"<(\w+)>", lambda part: known.get(part[1], "1"), route)

    def fields(self, address: str, person: str) -> list[str]:
        """Return the names of the fields that the form for `address` would send."""
        return sorted(set(FIELD.findall(self.page(address, person))))

    def names(self, address: str, person: str) -> list[str]:
        """Return the names of all fields on that page and the parameters in its links."""
        return sorted(set(NAME.findall(self.page(address, person))))

    def page(self, address: str, person: str) -> str:
        """Return the page with the form, read once; if the person sees no form, the public page."""
        if (address, person) not in self.pages:
            sent = SENT_FROM_PAGE.fullmatch(address)
            shown = f"{sent[1] or sent[2]}?at={slot_text()}" if sent else address
            page = self.client(person).get(shown)
            has_text = page.status_code in {200, 410} and not page.streaming
            text = page.content.decode(errors="replace") if has_text else ""
            if not FIELD.search(text) and person != "nobody":
                text = self.page(address, "nobody")
            self.pages[address, person] = text
        return self.pages[address, person]

    def client(self, person: str) -> Client:
        client = Client(raise_request_exception=False)
        if session := self.sessions.get(person):
            client.cookies["sessionid"] = session
        return client

    def live_form(self, route: str) -> dict[str, str]:
        """Return a booking form that would be accepted."""
        link = self.link if route.startswith("/l/") else None
        nonce = make_nonce(calendar=self.calendar, link=link, slot=free_slot())
        answers = dict.fromkeys(name_questions(self.calendar.questions), "yes")
        who = {"name": "Cleo", "email": "cleo@example.com"}
        return {**who, **answers, "at": slot_text(), "nonce": nonce}


def free_slot() -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=3)


def tomorrow() -> date:
    """Return tomorrow in UTC, which is today or later in every zone."""
    return timezone.now().date() + timedelta(days=1)


def slot_text() -> str:
    return f"{free_slot():%Y-%m-%dT%H:%MZ}"


def session_of_forgetful(owner: Owner) -> str:
    """Return the session of a browser that opened the emailed address for a new password."""
    client = Client()
    client.get(reset_address(owner))
    return client.cookies["sessionid"].value


PEOPLE = {
    True: ("staff", "staff", "staff", "owner", "nobody"),
    False: ("owner", "owner", "owner", "stranger", "nobody"),
}


def is_admin(route: str) -> bool:
    return route.startswith("/admin/")


def texts() -> st.SearchStrategy[str]:
    # Half a surrogate pair is a text too: anybody can write any bytes into forms and addresses.
    return st.sampled_from(PLAUSIBLE) | st.text(max_size=30) | st.integers().map(str)


def pairs(names: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Return a strategy for pairs of a name and a text; a name may come several times."""
    return st.lists(st.tuples(names, texts()), max_size=6)


def encoded(values: list[tuple[str, str]]) -> str:
    return urlencode(values, errors="surrogatepass")


def header_text(text: str) -> str:
    """Return the text as a server passes it on: as Latin-1, without line breaks."""
    data = text.encode("utf-8", "surrogatepass").decode("latin-1")
    return re.sub(r"[\r\n\0]", "", data)[:8000]


def claims_more(claimed: str, length: int) -> bool:
    try:
        return int(claimed) > length
    except ValueError:
        return False


@dataclass(frozen=True)
class Try:
    """One request, drawn part by part."""

    world: World
    route: str
    draw: Callable[..., Any]

    def send(self) -> Any:
        person = self.draw(st.sampled_from(PEOPLE[is_admin(self.route)]), "person")
        method = self.draw(st.sampled_from(("GET", "GET", "POST", "POST", "POST", "HEAD", "PUT")))
        address = self.address()
        names = st.sampled_from(self.world.names(address, person) or PARAMETERS)
        query = encoded(self.draw(pairs(names | st.sampled_from(PARAMETERS) | texts()), "query"))
        body, kind = self.body(address, person) if method in {"POST", "PUT"} else (b"", FORM)
        return self.world.client(person).generic(
            method,
            f"{address}?{query}" if query else address,
            body,
            kind,
            headers=self.headers(len(body)),
        )

    def address(self) -> str:
        known = self.world.known(self.route)
        nonsense = self.draw(st.integers(0, 5), "nonsense") == 0

        def part(match: re.Match[str]) -> str:
            text = self.draw(texts()) if nonsense else known.get(match[1], "1")
            return quote(text, safe="", errors="surrogatepass") or "x"

        return re.sub(r"<(\w+)>", part, self.route)

    def body(self, address: str, person: str) -> tuple[bytes, str]:
        kinds = (
            FORM,
            FORM,
            FORM,
            "multipart/form-data; boundary=b",
            "application/json",
            "",
            "\xff",
        )
        kind = self.draw(st.sampled_from(kinds), "type")
        if kind not in {FORM, ""} and self.draw(st.booleans()):
            return self.draw(st.binary(max_size=200)), kind
        names = self.world.fields(address, person) or ["name"]
        sent = self.draw(pairs(st.sampled_from(names) | texts()), "body")
        base = {}
        if self.draw(st.booleans()):
            base = self.world.live_form(self.route)
            # More fields would hardly ever leave a valid booking.
            sent = sent[: self.draw(st.integers(0, 2))]
        if self.draw(st.integers(0, 30)) == 0:
            sent = sent * 200
        return encoded([*base.items(), *sent]).encode(), kind

    def headers(self, length: int) -> dict[str, str]:
        """Return headers for a body of that length."""
        some = self.draw(st.dictionaries(st.sampled_from(HEADERS), texts(), max_size=3), "headers")
        headers = {name: header_text(text) for name, text in some.items()}
        # A server passes on the bytes that came, but the test client's body fails, with a 500.
        if claims_more(headers.get("Content-Length", ""), length):
            del headers["Content-Length"]
        if self.draw(st.booleans()):
            headers |= ORIGIN
        return headers


def fuzz(world: World, *, tries: int) -> None:
    """Send at least `tries` requests, a share to every address.

    It fails with the smallest request that got a 5xx. Each address is fuzzed by itself, because
    hypothesis likes to vary what it has and would leave many addresses out.
    """
    shares = {route: 1 if is_admin(route) else 3 for route in sorted(every_route())}
    # A log entry for each of thousands of refusals would bury the request that failed.
    logging.disable()
    try:
        for route in BOOKINGS:
            book(world, route)
        for route, share in shares.items():
            fuzz_route(world, route, tries=ceil(tries * share / sum(shares.values())))
    finally:
        logging.disable(logging.NOTSET)


def book(world: World, route: str) -> None:
    """Check that the form which is varied later does make a booking."""
    address = world.address(route)
    with taken_back():
        before, form = Booking.objects.count(), world.live_form(route)
        response = world.client("nobody").post(address, form, headers=ORIGIN)
        assert (response.status_code, Booking.objects.count() - before) == (303, 1), address


def fuzz_route(world: World, route: str, *, tries: int) -> None:
    @settings(
        max_examples=tries,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def run(data: st.DataObject) -> None:
        with taken_back():
            response = Try(world, route, data.draw).send()
        world.statuses[response.status_code] += 1
        request = response.wsgi_request
        assert response.status_code < 500, f"{request.method} {request.get_full_path()!r}"

    if settings().derandomize:
        # As in CI. Without a seed of its own, each address would be sent the same few requests.
        run = seed(route)(run)
    run()
