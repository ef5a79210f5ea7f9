"""A token gives access to whoever has it, so it appears in addresses and nowhere else."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from itertools import cycle, islice
from re import MULTILINE, findall, search, sub
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Page, Request, expect

from booking.models import Booking
from calendars.accounts.confirmation import make_confirmation_token
from calendars.kit.tokens import make_token
from calendars.models import Calendar, Owner
from onetime_links.models import OneTimeLink
from tests.product.test_access_table import is_kept_by_nobody
from tests.run import ROOT
from tests.support.booking.sending import AT, CLEO, send
from tests.support.database.queries import all_rows
from tests.support.pages.browser import PHONE
from tests.support.pages.parsing import reset_address
from tests.support.servers.installation import Server
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

HOST = "book.example.com"
ORIGIN = f"https://{HOST}"
PAST = "2001-01-01T09:00Z"


@pytest.fixture
def open_calendar(olive: Owner) -> Calendar:
    """Return a calendar that is open day and night, so the time of the test does not matter."""
    hours = [(weekday, 0, 24 * 60) for weekday in range(7)]
    return CalendarFactory.create(owner=olive, slug="always-open", hours=hours)


def secret_addresses(calendar: Calendar) -> list[str]:
    """Return one address of every kind that gives access to something by its token."""
    owner = calendar.owner
    Owner.objects.filter(pk=owner.pk).update(feed_token=make_token())
    owner.refresh_from_db()
    active, used = OneTimeLinkFactory.create_batch(2, calendar=calendar)
    public = BookingFactory.create(calendar=calendar)
    BookingFactory.create(calendar=calendar, one_time_link=used)
    return [
        active.get_absolute_url(),
        used.get_absolute_url(),
        public.get_absolute_url(),
        f"{public.get_absolute_url()}booking.ics",
        f"{public.get_absolute_url()}reschedule/",
        f"{public.get_absolute_url()}cancellation/",
        f"/book/{calendar.slug}/embed/bookings/{public.manage_token}/",
        f"/feed/{owner.feed_token}/bookings.ics",
        reset_address(owner),
        f"/confirm-email/{make_confirmation_token(owner)}/",
    ]


def secrets_in(address: str) -> list[str]:
    """Return the secret part of the address: its token, or the last part of a signed one."""
    return findall(r"[0-9A-Za-z_-]{22,}", address)


# Logs and reports


def knock(server: Server, path: str, method: str = "GET", **headers: str) -> HTTPResponse:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=10)) as http:
        body = urlencode({**CLEO, "at": PAST, "nonce": "x"}) if method == "POST" else None
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        referer = {"Referer": f"{ORIGIN}{path}"}
        all_headers = {"Host": HOST, "X-Forwarded-Proto": "https", **referer, **form, **headers}
        http.request(method, path, body, all_headers)
        response = http.getresponse()
        response.read()
        return response


@pytest.mark.once
def test_no_log_line_holds_a_token(
    start_server: Callable[..., Server], open_calendar: Calendar
) -> None:
    server = start_server(
        "--access-logfile", "-", "--log-level", "debug", BASE_URL=ORIGIN, workers=1
    )
    addresses = secret_addresses(open_calendar)
    link = addresses[0]
    bookings = f"{link}bookings/"
    assert [knock(server, address).status for address in addresses] == [
        *(200, 410, 200, 200, 200, 200, 200, 200, 302, 302)
    ]
    assert knock(server, bookings, "POST", Origin=ORIGIN).status == 409
    assert knock(server, bookings, "POST", Origin="https://evil.example").status == 403
    assert knock(server, bookings, "DELETE").status == 405
    # A link that is mistyped, encoded otherwise, or in a place where it does not belong.
    strays = [f"{link}nothing", link.replace("/l/", "/%6c/"), f"/sign-in/?next={link}", link[:-1]]
    assert [knock(server, address).status for address in strays] == [404, 200, 200, 301]
    assert knock(server, link, Host="evil.example").status == 400
    Calendar.objects.update(time_zone="Nowhere")
    assert knock(server, link).status == 500
    server.stop()
    log = server.log.read_text()
    assert "ZoneInfoNotFoundError" in log
    assert '"GET /l/…/ HTTP/1.1" 500' in log
    tokens = {secret for address in addresses for secret in secrets_in(address)}
    assert len(tokens) == 6
    assert [token for token in tokens if token in log] == []


def test_log_of_the_proxy_is_masked(open_calendar: Calendar) -> None:
    """The map for nginx in docs/deploy.md masks every secret."""
    example = (ROOT / "docs" / "deploy.md").read_text()
    [pattern] = findall(r'^ *"~(.+)"  \$before\*\*\*\$after;$', example, MULTILINE)
    secret = pattern.replace("(?<", "(?P<")
    for address in secret_addresses(open_calendar):
        for path in (address, address.rstrip("/"), f"{address}nothing"):
            found = search(secret, path)
            assert found
            masked = found["before"] + found["after"]
            assert [each for each in secrets_in(path) if each in masked] == []
    for path in ("/book/discovery-call/", "/calendars/", "/password-reset/sent/"):
        assert not search(secret, path)


def test_log_of_caddy_is_masked(open_calendar: Calendar) -> None:
    """The filter for Caddy in docs/deploy.md masks every secret, and leaves out queries."""
    example = (ROOT / "docs" / "deploy.md").read_text()
    [pattern] = findall(r'^ *request>uri regexp "(.+)" "\$\{1\}\*\*\*"$', example, MULTILINE)
    for address in secret_addresses(open_calendar):
        for path in (address, address.rstrip("/"), f"/sign-in/?next={address}"):
            masked = sub(pattern, r"\1***", path)
            assert [each for each in secrets_in(address) if each in masked] == []
    for path in ("/book/discovery-call/", "/calendars/", "/password-reset/sent/"):
        assert sub(pattern, r"\1***", path) == path


def test_error_is_reported_to_nobody_and_its_page_says_nothing(
    open_calendar: Calendar, settings: Any, mailoutbox: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    settings.ADMINS = settings.MANAGERS = [("Ada", "ada@example.com")]
    client = Client(raise_request_exception=False)
    address = secret_addresses(open_calendar)[0]
    Calendar.objects.update(time_zone="Nowhere")
    answer = client.get(address)
    assert answer.status_code == 500
    assert mailoutbox == []
    assert [secret for secret in secrets_in(address) if secret in answer.content.decode()] == []
    assert not django_settings.DEBUG


# Caches, search engines, other pages


@pytest.mark.parametrize("kind", range(9))
def test_answer_is_kept_by_nobody(client: Client, open_calendar: Calendar, kind: int) -> None:
    """No cache keeps an answer, not even one from outside the views.

    A cache that keeps a redirect keeps the secret address in it.
    """
    address = secret_addresses(open_calendar)[kind]
    bare = address.rstrip("/")
    answers = [client.get(address), client.get(address, follow=True), client.get(bare)]
    answers += [client.get(f"{bare}/nothing/"), client.post(address, {"name": "x" * 300_000})]
    assert [answer.status_code for answer in answers[3:]] == [404, 413]
    if "/feed/" in address:  # kept, but only by the program that subscribed
        assert [answer["Cache-Control"] for answer in answers[:2]] == ["private, no-cache"] * 2
        del answers[:2]
    for answer in answers:
        assert is_kept_by_nobody(answer)
        assert answer["Referrer-Policy"] == "strict-origin"
        assert "noindex" in answer["X-Robots-Tag"]


def note_referers(page: Page) -> list[tuple[str, str]]:
    """Return a list that grows by the method and Referer of each request of the page."""
    noted: list[tuple[str, str]] = []

    def note(request: Request) -> None:
        noted.append((request.method, request.all_headers().get("referer", "")))

    page.on("requestfinished", note)
    return noted


@pytest.mark.parametrize("script", [True, False])
def test_browser_names_no_path_as_a_referer(
    new_page: Callable[..., Page], open_calendar: Calendar, script: bool
) -> None:
    link = OneTimeLinkFactory.create(calendar=open_calendar)
    page = new_page(**PHONE, timezone_id="Asia/Tokyo", java_script_enabled=script)
    noted = note_referers(page)
    page.goto(link.get_absolute_url())
    origin = page.url.removesuffix(link.get_absolute_url())
    # The same server by its other name counts as another site.
    elsewhere = origin.replace("127.0.0.1", "localhost") + "/healthz"
    Calendar.objects.update(location=elsewhere)
    page.get_by_role("region", name="Next free times").get_by_role("link").first.tap()
    page.get_by_label("Name").fill("Cleo Client")
    page.get_by_label("Email").fill("cleo@example.com")
    page.get_by_role("button", name="Confirm booking").click()
    expect(page.get_by_role("heading", name="You’re booked")).to_be_visible()
    page.get_by_role("link", name=elsewhere).click()
    expect(page.get_by_text("ok")).to_be_visible()
    assert {referer for _method, referer in noted} == {"", f"{origin}/"}
    assert ("POST", f"{origin}/") in noted
    assert noted[-1] == ("GET", f"{origin}/")


# Over TLS


@pytest.mark.once
def test_form_works_behind_a_proxy_with_tls(
    start_server: Callable[..., Server], open_calendar: Calendar
) -> None:
    server = start_server(BASE_URL=ORIGIN, workers=1)
    link = OneTimeLinkFactory.create(calendar=open_calendar)
    address = link.get_absolute_url()
    at = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT10:00Z")
    status, page = server.get(f"{address}?at={at}", **{"X-Forwarded-Proto": "https"})
    assert status == 200
    nonce = search(r'name="nonce" value="([^"]+)"', page)
    assert nonce
    body = urlencode({**CLEO, "at": at, "nonce": nonce[1]})

    def post(origin: str, scheme: str = "https") -> HTTPResponse:
        with closing(HTTPConnection("127.0.0.1", server.port, timeout=10)) as http:
            headers = {"Host": HOST, "X-Forwarded-Proto": scheme, "Origin": origin}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            http.request("POST", f"{address}bookings/", body, headers)
            response = http.getresponse()
            response.read()
            return response

    assert post(ORIGIN, scheme="http").getheader("Location") == f"{ORIGIN}{address}bookings/"
    for foreign in ("null", f"http://{HOST}", f"{ORIGIN}:8443", "https://evil.example"):
        assert post(foreign).status == 403
    assert not Booking.objects.exists()
    booked = post(ORIGIN)
    assert booked.status == 303
    assert booked.getheader("Location") == Booking.objects.get().get_absolute_url()
    cookie = booked.getheader("Set-Cookie") or ""
    assert {"Secure", "HttpOnly", "SameSite=Lax", f"Path={address}"} <= set(cookie.split("; "))


# Reading


WAYS = [
    ("get", "", {}),
    ("get", f"?at={AT}", {}),
    ("head", "", {}),
    ("options", "", {}),
    ("get", "", {"Purpose": "prefetch"}),
    ("get", f"?at={AT}", {"Sec-Purpose": "prefetch;prerender"}),
    ("get", "", {"X-Moz": "prefetch"}),
    ("get", "", {"X-Fragment": "1"}),
    ("get", "bookings/", {}),
    ("head", "bookings/", {}),
    ("options", "bookings/", {}),
    ("trace", "", {}),
    ("get", "?chosen=on&tz=Asia/Tokyo", {"User-Agent": "Mail scanner"}),
]


@pytest.mark.once
@pytest.mark.usefixtures("clock")
def test_link_read_a_thousand_times_still_books(client: Client, link: OneTimeLink) -> None:
    Calendar.objects.update(booking_window_days=3)  # a small page, as there are a thousand
    before, address = all_rows(), link.get_absolute_url()
    found = set()
    for method, rest, headers in islice(cycle(WAYS), 1000):
        response = getattr(client, method)(f"{address}{rest}", headers=headers)
        client.cookies.clear()  # each request comes from a stranger, like a scanner's
        found.add((method, response.status_code))
    assert found == {
        *(("get", 200), ("get", 302), ("head", 200), ("head", 302), ("options", 405)),
        ("trace", 405),
    }
    assert all_rows() == before
    assert send(client, address).status_code == 303
    assert Booking.objects.get().one_time_link == link
