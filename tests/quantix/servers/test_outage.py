"""While the database is gone, people are told to try again, and lose nothing that they typed."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import UnreadablePostError
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse

from quantix.outage import is_outage
from quantix.sqlite import sqlite3
from tests.run import ROOT
from tests.support.pages.parsing import shows, words_of

TOKEN = "kT4mZq8YwB2nRx6VsJ1pLc"
ERROR_TEMPLATES = sorted(path.name for path in (ROOT / "templates").glob("[45]*.html"))
# This is an extended code, which not every build of the module names.
BUSY_SNAPSHOT = sqlite3.SQLITE_BUSY | 2 << 8
ORIGIN = {"Origin": "http://testserver"}
TYPED = {
    "at": "2026-11-24T09:00Z",
    "nonce": "4tJ1:signed",
    "name": 'Cleo "the client" <b>',
    "question-1": "two\nlines & more",
    "question-2": "",
}


class Hidden(HTMLParser):
    """The addresses of forms and the hidden fields with their values, as a browser reads them."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.actions: list[str | None] = []
        self.fields: dict[str, str | None] = {}
        self.feed(response.content.decode())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "form":
            self.actions.append(found.get("action"))
        if found.get("type") == "hidden":
            self.fields[str(found["name"])] = found["value"]


@pytest.fixture
def visitor() -> Client:
    """A client with a cookie, so that every page of an owner looks for the session."""
    visitor = Client(raise_request_exception=False)
    visitor.cookies["sessionid"] = "s" * 32
    return visitor


@pytest.fixture
def break_database(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """A function that makes every use of the database raise the given exception."""

    def break_with(error: Exception) -> None:
        def refuse(*arguments: Any) -> None:
            raise error

        monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", refuse)

    return break_with


@pytest.fixture
def no_database(break_database: Callable[[Exception], None]) -> None:
    break_database(OperationalError("gone"))


@pytest.mark.usefixtures("no_database")
@pytest.mark.parametrize(
    "path",
    [
        "/book/discovery-call/?tz=Asia%2FTokyo&month=2026-12",
        "/book/discovery-call/embed/",
        "/calendars/",
        "/bookings/",
        "/admin/",
    ],
)
def test_page_says_to_try_again_at_the_same_address(visitor: Client, path: str) -> None:
    response = visitor.get(path)
    assert response.status_code == 503
    assert (response["Retry-After"], response["Cache-Control"]) == ("5", "no-store")
    assert shows(response, f'href="{path}">Try again</a>')


@pytest.mark.usefixtures("no_database")
@pytest.mark.parametrize(
    "path",
    [
        "/book/discovery-call/bookings/?tz=Asia%2FTokyo",
        "/book/discovery-call/embed/bookings/",
        "/calendars/new/",
    ],
)
def test_what_was_typed_can_be_sent_again(visitor: Client, path: str) -> None:
    response = visitor.post(path, TYPED, headers=ORIGIN)
    page = Hidden(response)
    assert response.status_code == 503
    assert (page.actions, page.fields) == ([path], TYPED)
    assert "it is never booked twice" in response.content.decode()


@pytest.mark.usefixtures("no_database")
def test_form_without_a_nonce_is_promised_nothing(visitor: Client) -> None:
    typed = {"name": "Discovery call"}
    response = visitor.post("/calendars/new/", typed, headers=ORIGIN)
    assert Hidden(response).fields == typed
    assert "twice" not in response.content.decode()


@pytest.mark.usefixtures("no_database")
def test_password_is_not_sent_back(visitor: Client) -> None:
    typed = {"username": "olive@example.com", "password": "correct horse battery"}
    response = visitor.post(reverse("calendars:sign_in"), typed, headers=ORIGIN)
    assert response.status_code == 503
    assert (Hidden(response).actions, b"correct horse" in response.content) == ([], False)
    assert b"Back to the form" in response.content


@pytest.mark.usefixtures("no_database")
@pytest.mark.parametrize("sender", [{}, {"Origin": "null"}, {"Origin": "https://evil.example"}])
def test_form_of_another_site_does_not_become_ours(visitor: Client, sender: dict[str, str]) -> None:
    response = visitor.post("/calendars/new/", TYPED, headers=sender)
    assert (response.status_code, Hidden(response).actions) == (503, [])


@pytest.mark.usefixtures("no_database")
def test_only_the_embedded_page_may_be_framed(visitor: Client) -> None:
    framed = visitor.get("/book/discovery-call/embed/")
    assert "frame-ancestors *" in framed["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed
    other = visitor.get("/book/discovery-call/")
    assert "frame-ancestors 'none'" in other["Content-Security-Policy"]
    assert other["X-Frame-Options"] == "DENY"


@pytest.mark.usefixtures("no_database")
def test_address_with_two_slashes_leads_nowhere_else(visitor: Client) -> None:
    response = visitor.get("//evil.example/calendars/")
    assert b'href="//evil' not in response.content


@pytest.mark.usefixtures("no_database")
def test_health_tells_the_process_from_the_database(visitor: Client) -> None:
    assert visitor.get("/healthz").status_code == 200
    assert visitor.get("/readyz").status_code == 503


def test_client_who_stops_sending_is_told_so(
    visitor: Client, break_database: Callable[[Exception], None]
) -> None:
    break_database(UnreadablePostError("timed out"))
    response = visitor.get("/book/discovery-call/", headers={"Accept-Language": "de"})
    assert response.status_code == 408
    assert "senden Sie das Formular noch einmal ab" in words_of(response)


def test_other_faults_are_called_faults(
    visitor: Client, break_database: Callable[[Exception], None]
) -> None:
    break_database(RuntimeError("a bug"))
    response = visitor.get("/book/discovery-call/")
    assert (response.status_code, b"Something broke" in response.content) == (500, True)


# Addresses that hold a token

SECRET_PATHS = [f"/l/{TOKEN}/bookings/", f"/manage/{TOKEN}/cancellation/"]


@pytest.mark.parametrize("path", SECRET_PATHS)
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("gone"), 503),
        (UnreadablePostError("timed out"), 408),
        (RuntimeError("a bug"), 500),
    ],
)
def test_failure_at_a_secret_address_tells_it_to_nobody(
    visitor: Client,
    break_database: Callable[[Exception], None],
    path: str,
    error: Exception,
    status: int,
) -> None:
    break_database(error)
    for response in (visitor.get(path), visitor.post(path, TYPED, headers=ORIGIN)):
        assert (response.status_code, response["Cache-Control"]) == (status, "no-store")
        assert "noindex" in response["X-Robots-Tag"]
        assert TOKEN not in response.content.decode()


@pytest.mark.usefixtures("no_database")
def test_form_of_a_secret_address_goes_to_where_it_stands(visitor: Client) -> None:
    response = visitor.post(SECRET_PATHS[0], TYPED, headers=ORIGIN)
    page = Hidden(response)
    assert (page.actions, page.fields) == ([None], TYPED)
    assert shows(visitor.get(f"/manage/{TOKEN}/"), 'href="">Try again</a>')


@pytest.mark.parametrize("template", ERROR_TEMPLATES)
def test_error_page_does_not_hold_its_address(rf: RequestFactory, template: str) -> None:
    request = rf.get(SECRET_PATHS[0], {"at": "2026-11-24T09:00Z"})
    page = render_to_string(template, {"exception": "", "refusal": "Wait."}, request)
    assert "</h1>" in page
    assert TOKEN not in page


def sqlite_error(code: int) -> OperationalError:
    cause = sqlite3.OperationalError("as SQLite says it")
    cause.sqlite_errorcode = code
    error = OperationalError("as Django says it")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (OperationalError("server closed the connection"), True),
        (InterfaceError("connection already closed"), True),
        (sqlite_error(sqlite3.SQLITE_BUSY), True),
        (sqlite_error(BUSY_SNAPSHOT), True),
        (sqlite_error(sqlite3.SQLITE_FULL), True),
        (sqlite_error(sqlite3.SQLITE_ERROR), False),
        (IntegrityError("UNIQUE constraint failed"), False),
        (ValueError("nothing of the database"), False),
        (None, False),
    ],
)
def test_what_passes_by_itself(error: BaseException | None, passes: bool) -> None:
    assert is_outage(error) is passes
