"""Slow clients hold up nobody, and gain no time by being slow."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from booking.models import Booking
from calendars.models import Owner
from onetime_links.models import OneTimeLink
from quantix.arrival import BODY_SECONDS, HEAD_SECONDS, LONGEST_HEAD, Arrival, State
from quantix.middleware import limit_body
from tests.soak.arena import CLEO, form_on, instant, noon
from tests.support.races.volley import get
from tests.support.servers.installation import Server, changed, gunicorn
from tests.support.world.factories import CalendarFactory, OneTimeLinkFactory

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
# More than the threads of both workers.
DRIPPING = 38
# The same program with deadlines that a test can wait for.
SHORT = (
    ("quantix/arrival.py", "HEAD_SECONDS = 10.0", "HEAD_SECONDS = 1.5"),
    ("quantix/arrival.py", "BODY_SECONDS = 20.0", "BODY_SECONDS = 1.5"),
)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client and the server's side of its connection."""
    client, server = socket.socketpair()
    with client, server:
        yield client, server


@pytest.mark.once
def test_request_is_whole_when_its_last_byte_is_there(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    client, server = pair
    arrival = Arrival(b"", now=100)
    for number, byte in enumerate(HEAD + b"name="):
        assert arrival.receive(server, now=100 + number) is State.PARTIAL
        client.send(bytes([byte]))
    # The next request has begun.
    client.send(b"GET /")
    assert arrival.receive(server, now=200) is State.WHOLE
    assert arrival.data == HEAD + b"name=GET /"


@pytest.mark.once
def test_head_and_body_have_a_deadline_each(pair: tuple[socket.socket, socket.socket]) -> None:
    client, server = pair
    arrival = Arrival(b"", now=100)
    client.send(HEAD[:-1])
    assert arrival.receive(server, now=104) is State.PARTIAL
    assert arrival.until == 100 + HEAD_SECONDS
    client.send(HEAD[-1:])
    for now in (105, 109):
        assert arrival.receive(server, now=now) is State.PARTIAL
        assert arrival.until == 105 + BODY_SECONDS
        client.send(b"a")


@pytest.mark.once
@pytest.mark.parametrize(
    ("sent", "state", "has_all"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", State.WHOLE, True),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", State.WHOLE, False),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", State.WHOLE, False),
        (b"POST / HTTP/1.1\r\nCONTENT-LENGTH:  2\r\n\r\na", State.PARTIAL, True),
        (b"GET /" + b"a" * LONGEST_HEAD, State.TOO_LONG, True),
    ],
)
def test_what_is_not_read_is_not_waited_for(
    pair: tuple[socket.socket, socket.socket], sent: bytes, state: State, has_all: bool
) -> None:
    _client, server = pair
    arrival = Arrival(sent, now=0)
    assert arrival.receive(server, now=0) is state
    assert arrival.has_all is has_all


@pytest.mark.once
def test_client_that_waits_for_a_word_is_told_to_go_on(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    client, server = pair
    head = HEAD.replace(b"Host: a", b"Expect: 100-continue")
    arrival = Arrival(head, now=0)
    assert arrival.receive(server, now=0) is State.PARTIAL
    assert client.recv(99) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert arrival.receive(server, now=0) is State.PARTIAL
    client.close()
    assert arrival.receive(server, now=0) is State.GONE


@contextmanager
def dripping(server: Server, start: bytes) -> Iterator[list[socket.socket]]:
    """Clients that send `start`, and then a byte now and then for as long as they may."""
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            for _ in range(DRIPPING)
        ]
        stop = Event()

        def drip() -> None:
            rest = iter([start])
            while not stop.wait(0.2):
                piece = next(rest, b"a")
                for client in clients:
                    try:
                        client.send(piece)
                    except OSError:
                        continue

        thread = Thread(target=drip)
        thread.start()
        stack.callback(thread.join)
        stack.callback(stop.set)
        time.sleep(1)
        yield clients


def drip_head(server: Server) -> bytes:
    return f"GET /healthz HTTP/1.1\r\nHost: {server.host}\r\nX-Drip: ".encode()


def drip_body(server: Server) -> bytes:
    form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000"
    return f"POST /sign-in/ HTTP/1.1\r\nHost: {server.host}\r\n{form}\r\n\r\n".encode()


@pytest.mark.once
@pytest.mark.parametrize("start", [drip_head, drip_body])
def test_clients_that_drip_hold_up_nobody(
    start_server: Callable[..., Server], olive: Owner, start: Callable[[Server], bytes]
) -> None:
    server = start_server()
    with dripping(server, start(server)):
        assert [server.get("/healthz") for _ in range(5)] == [(200, "ok\n")] * 5
        assert server.get("/sign-in/")[0] == 200


@pytest.fixture
def hasty_server(installation: Path, tmp_path: Path, transactional_db: None) -> Iterator[Server]:
    program = changed(installation, tmp_path / "hasty", SHORT)
    with gunicorn(program, tmp_path / "hasty.log") as server:
        yield server


@pytest.mark.once
@pytest.mark.parametrize("start", [drip_head, drip_body])
def test_clients_that_drip_are_given_up(
    hasty_server: Server, start: Callable[[Server], bytes]
) -> None:
    with dripping(hasty_server, start(hasty_server)) as clients:
        for client in clients:
            client.settimeout(30)
            assert client.recv(99).startswith(b"HTTP/1.1 408 ")
    assert "Traceback" not in hasty_server.log.read_text()


def test_slow_body_gains_no_time(start_server: Callable[..., Server], olive: Owner) -> None:
    """The head arrives while the link is valid, and the last byte of the body after its expiry."""
    every_day = [(weekday, 0, 24 * 60) for weekday in range(7)]
    calendar = CalendarFactory.create(owner=olive, time_zone="UTC", hours=every_day)
    link = OneTimeLinkFactory.create(calendar=calendar)
    server = start_server(workers=1)
    form = form_on(get(server, f"{link.get_absolute_url()}?at={instant(noon())}")())
    OneTimeLink.objects.update(expires_at=timezone.now() + timedelta(seconds=2))
    body = urlencode({**CLEO, **form.hidden}).encode()
    head = (
        f"POST {form.action} HTTP/1.1\r\nHost: {server.host}\r\nOrigin: {server.url}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(head.encode() + body[:-1])
        time.sleep(3)
        client.sendall(body[-1:])
        answer = client.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 410 ")
    assert not Booking.objects.exists()


@pytest.mark.once
def test_view_begins_when_the_body_is_there(rf: RequestFactory) -> None:
    """Also on a server that hands a request over as soon as its head is there."""
    start = datetime(2026, 11, 22, 12, tzinfo=UTC)
    seen: list[datetime] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(timezone.now())
        return HttpResponse(request.POST["name"])

    with time_machine.travel(start, tick=False) as traveller:
        request = rf.post("/", {"name": "Cleo"})
        stream: Any = request._stream
        read = stream.read

        def slow_read(*size: int) -> bytes:
            traveller.shift(60)
            return bytes(read(*size))

        stream.read = slow_read
        assert limit_body(view)(request).content == b"Cleo"
    assert seen >= [start + timedelta(seconds=60)]
