"""The headers that a browser gets with the pages, from an installed server behind TLS."""

from collections.abc import Callable, Iterator
from contextlib import closing
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from booking.models import Booking
from calendars.accounts.resets import ResetMails
from calendars.models import Calendar, Owner
from calendars.outbox.postman import Postman
from tests.product.test_access_table import session_of
from tests.support.booking.delivering import deliver_all
from tests.support.pages.browser import sign_in
from tests.support.pages.parsing import reset_address
from tests.support.servers.installation import Server, gunicorn
from tests.support.servers.observatory import Answer, cookies_of, parse_csp, results, score
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

HOST = "book.example.com"
OVER_TLS = {"Host": HOST, "X-Forwarded-Proto": "https"}


@pytest.fixture
def booking(olive: Owner) -> Booking:
    """A booking by a one-time link of Olive, who is staff."""
    Owner.objects.update(is_staff=True, is_superuser=True)
    calendar = CalendarFactory.create(owner=olive, slug="discovery-call")
    link = OneTimeLinkFactory.create(calendar=calendar)
    return BookingFactory.create(calendar=calendar, one_time_link=link)


@pytest.fixture(scope="module")
def server(
    installation: Path, tmp_path_factory: pytest.TempPathFactory, django_db_setup: None
) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("headers") / "server.log"
    with gunicorn(installation, log, BASE_URL=f"https://{HOST}", workers=1) as server:
        yield server


def fetch(
    server: Server, path: str, method: str = "GET", **headers: str
) -> tuple[int, Message, str]:
    """Return the status, the headers and the body."""
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=10)) as http:
        http.request(
            method, path, headers={name.replace("_", "-"): v for name, v in headers.items()}
        )
        response = http.getresponse()
        return response.status, response.headers, response.read().decode()


def clients_pages(booking: Booking) -> dict[str, int]:
    """Return the addresses that anybody may open, with their status."""
    live = OneTimeLinkFactory.create(calendar=booking.calendar)
    assert booking.one_time_link
    return {
        "/book/discovery-call/": 200,
        live.get_absolute_url(): 200,
        f"{live.get_absolute_url()}?at=2001-01-01T09:00Z": 200,
        booking.one_time_link.get_absolute_url(): 410,
        booking.get_absolute_url(): 200,
        f"{booking.get_absolute_url()}booking.ics": 200,
        "/sign-in/": 200,
        "/password-reset/": 200,
        "/nothing-here/": 404,
        "/healthz": 200,
    }


def owners_pages(booking: Booking) -> dict[str, int]:
    section = "/calendars/discovery-call/"
    return {
        "/calendars/": 200,
        "/calendars/new/": 200,
        "/bookings/": 200,
        "/profile/": 200,
        f"{section}meeting-details/": 200,
        f"{section}availability/": 200,
        f"{section}one-time-links/": 200,
        f"{section}share/": 200,
        f"{section}share/embed/": 200,
        f"{section}share/qr-code.svg": 200,
        "/admin/": 200,
        f"/admin/calendars/calendar/{booking.calendar_id}/change/": 200,
    }


def test_every_kind_of_page_earns_110_points_or_more(server: Server, booking: Booking) -> None:
    signed_in = {"Cookie": f"sessionid={session_of(booking.host)}"}
    pages: list[tuple[str, int, dict[str, str]]] = [
        (path, status, {}) for path, status in clients_pages(booking).items()
    ]
    pages += [(path, status, signed_in) for path, status in owners_pages(booking).items()]
    points = {}
    for path, status, cookies in pages:
        got, headers, body = fetch(server, path, **OVER_TLS, **cookies)
        assert (path, got) == (path, status)
        redirect = fetch(server, path, Host=HOST)[1].get("Location", "")
        # /healthz answers without TLS as well, to the machine that looks after the server.
        redirect = f"https://{HOST}/" if path == "/healthz" else redirect
        points[path] = score(results(Answer(headers, body, redirect, HOST)))
    assert min(points.values()) >= 110, points


def test_the_embed_alone_may_be_framed(server: Server, booking: Booking) -> None:
    free = []
    for path in (*clients_pages(booking), "/book/discovery-call/embed/"):
        _status, headers, _body = fetch(server, path, **OVER_TLS)
        ancestors = parse_csp(headers)["frame-ancestors"]
        if (ancestors, headers["X-Frame-Options"]) != ({"'none'"}, "DENY"):
            free.append(path)
    assert free == ["/book/discovery-call/embed/"]
    embed = fetch(server, free[0], **OVER_TLS)[1]
    assert parse_csp(embed) == {
        **parse_csp(fetch(server, "/", **OVER_TLS)[1]),
        "frame-ancestors": {"*"},
    }


def test_no_answer_allows_what_stands_in_a_page(server: Server, booking: Booking) -> None:
    signed_in = {"Cookie": f"sessionid={session_of(booking.host)}"}
    for path in (*clients_pages(booking), *owners_pages(booking), "/book/discovery-call/embed/"):
        policy = parse_csp(fetch(server, path, **OVER_TLS, **signed_in)[1])
        assert policy["default-src"] == {"'none'"}
        assert policy["script-src"] == policy["style-src"] == {"'self'"}
        assert policy["form-action"] == {"'self'"}
        assert policy["base-uri"] == {"'none'"}


def test_cookies_are_for_tls_and_not_for_scripts(server: Server, booking: Booking) -> None:
    link = OneTimeLinkFactory.create(calendar=booking.calendar)
    zone = f"{link.get_absolute_url()}?tz=UTC&chosen=on"
    answers = [
        fetch(server, path, **OVER_TLS, **{"Sec-Fetch-Site": "same-origin"})[1]
        for path in ("/sign-in/", "/sign-in/?lang=de", zone, reset_address(booking.host))
    ]
    own_form = {
        "Cookie": f"sessionid={session_of(booking.host)}; csrftoken={'a' * 32}",
        "X-CSRFToken": "a" * 32,
        "Origin": f"https://{HOST}",
    }
    pause = "/calendars/discovery-call/pause/"
    answers.append(fetch(server, pause, "POST", **OVER_TLS, **own_form)[1])
    named = {
        cookie.key: (bool(cookie["secure"]), bool(cookie["httponly"]), cookie["samesite"])
        for headers in answers
        for cookie in cookies_of(headers)
    }
    names = ("csrftoken", "tz", "sessionid", "lang", "messages")
    assert named == dict.fromkeys(names, (True, True, "Lax"))


def test_foreign_host_is_refused(server: Server) -> None:
    for host in ("evil.example", f"{HOST}.evil.example", f"evil.example:@{HOST}", "a b", ""):
        for path in ("/", "/sign-in/", "/book/discovery-call/", "/nothing/"):
            for tls in ({"X-Forwarded-Proto": "https"}, {}):
                status, headers, body = fetch(server, path, Host=host, **tls)
                assert (path, status) == (path, 400)
                assert "Location" not in headers
                assert "evil" not in body


def test_no_header_of_a_client_decides_the_host(server: Server, booking: Booking) -> None:
    poison = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    for path in ("/", "/calendars/", "/sign-in/", "/book/discovery-call/"):
        for tls in (OVER_TLS, {"Host": HOST}):
            _status, headers, body = fetch(server, path, **tls, **poison)
            assert "evil" not in body + str(headers)


def test_reset_mail_leads_to_the_base_url(
    client: Client, olive: Owner, settings: Any, mailoutbox: list[Any]
) -> None:
    settings.BASE_URL, settings.ALLOWED_HOSTS = f"https://{HOST}", ["*"]
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    client.post("/password-reset/", {"email": olive.email}, headers=headers)
    deliver_all(ResetMails(Postman()))
    [mail] = mailoutbox
    assert f"https://{HOST}/password-reset/" in mail.body
    assert "evil" not in mail.message().as_string()


def test_admin_works_under_the_policy(
    new_page: Callable[..., Page], olive: Owner, allowed_errors: list[str]
) -> None:
    """The admin's selects, calendars, lists and actions work without a breach of the policy."""
    Owner.objects.update(is_staff=True, is_superuser=True)
    calendar = CalendarFactory.create(owner=olive, name="Discovery call")
    page = new_page()
    sign_in(page, olive)
    page.goto("/admin/calendars/dateoverride/add/")
    page.locator(".select2-selection").click()
    page.locator(".select2-search__field").fill("Disc")
    page.get_by_role("option", name="Discovery call").click()
    page.get_by_role("link", name="Today").click()
    page.locator(".add-row a").click()
    page.locator("#id_hours-0-start_minute").fill("540")
    page.locator("#id_hours-0-end_minute").fill("600")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    assert calendar.date_overrides.get().hours.get().start_minute == 540
    page.goto("/admin/calendars/calendar/")
    page.locator("#action-toggle").check()
    page.get_by_label("Action:").select_option("pause")
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).click()
    assert Calendar.objects.get().is_paused
    page.goto("/admin/auth/group/add/")
    expect(page.get_by_role("listbox", name="Permissions")).to_be_visible()
    page.goto(f"/admin/calendars/owner/{olive.pk}/password/")
    page.goto("/admin/booking/booking/")
