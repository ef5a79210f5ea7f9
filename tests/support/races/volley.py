"""Requests of many clients to a real server at one instant."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from functools import partial
from http.client import HTTPConnection
from threading import Barrier
from time import monotonic
from typing import Any
from urllib.parse import urlencode

from django.db import connections
from django.test import Client

from calendars.models import Owner
from tests.support.servers.installation import Server

PATIENCE = 60
CSRF = "c" * 32


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: str
    seconds: float


Request = Callable[[], Answer]


def at_once(actions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all actions at the same instant, each in its own thread, and return their results."""
    barrier = Barrier(len(actions))

    def run(action: Callable[[], Any]) -> Any:
        barrier.wait(PATIENCE)
        try:
            return action()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def get(server: Server, path: str) -> Request:
    return _prepare(server, "GET", path, None, {})


def post(
    server: Server, path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> Request:
    """Prepare a POST as a page of this server sends it."""
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": server.url}
    return _prepare(server, "POST", path, urlencode(fields).encode(), {**form, **(headers or {})})


def post_as(server: Server, owner: Owner, path: str, fields: Mapping[str, str]) -> Request:
    """Prepare a POST from a browser in which `owner` is signed in."""
    fields = {"csrfmiddlewaretoken": CSRF, **fields}
    return post(server, path, fields, _cookies_of(owner))


def get_as(server: Server, owner: Owner, path: str) -> Request:
    return _prepare(server, "GET", path, None, _cookies_of(owner))


def _cookies_of(owner: Owner) -> dict[str, str]:
    browser = Client()
    browser.force_login(owner)
    return {"Cookie": f"sessionid={browser.cookies['sessionid'].value}; csrftoken={CSRF}"}


def _prepare(
    server: Server, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
) -> Request:
    """Return a request with an open connection, so that only the sending is left to do."""
    http = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    http.connect()
    headers = {"Host": server.host, "Connection": "close", **headers}
    return partial(_send, http, method, path, body, headers)


def _send(
    http: HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> Answer:
    started = monotonic()
    with closing(http):
        http.request(method, path, body, headers)
        response = http.getresponse()
        text = response.read().decode()
    return Answer(response.status, response.headers, text, monotonic() - started)
