import os
import re
import socket
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic

import pytest

from calendars.models import Owner
from tests.support.servers.installation import Server

TOKEN = "kT4mZq8YwB2nRx6VsJ1pLc"


def test_server_reads_the_tests_database(server_process: Server, olive: Owner) -> None:
    assert server_process.get("/readyz") == (200, "ok\n")


@pytest.mark.once
def test_server_has_as_many_workers_as_asked(start_server: Callable[..., Server]) -> None:
    server = start_server(workers=3)
    assert server.log.read_text().count("Booting worker") == 3


@pytest.mark.once
def test_no_log_line_holds_a_token(start_server: Callable[..., Server]) -> None:
    server = start_server("--access-logfile", "-", "--log-level", "debug", workers=1)
    paths = [f"/l/{TOKEN}/", f"/manage/{TOKEN}/", f"/manage/{TOKEN}/nothing"]
    for path in paths:
        assert server.get(f"{path}?a=1", Referer=f"{server.url}{path}")[0] == 404
    server.stop()
    log = server.log.read_text()
    for path in paths:
        # The masked path must be whole, not the start of a longer one.
        assert len(re.findall(rf"{path.replace(TOKEN, '…')}(?!\w)", log)) >= 2
    assert TOKEN not in log


@pytest.mark.once
def test_server_opens_no_control_socket(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    start_server(HOME=str(home), XDG_RUNTIME_DIR=str(home), workers=1)
    assert os.listdir(home) == []


def open_socket(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port))


def sending(server: Server, text: str) -> socket.socket:
    client = open_socket(server)
    client.sendall(text.replace("HOST", server.host).replace("\n", "\r\n").encode())
    return client


def silent(server: Server) -> socket.socket:
    return open_socket(server)


def half_a_head(server: Server) -> socket.socket:
    return sending(server, "GET /healthz HTTP/1.1\nHost: HOST\n")


def half_a_body(server: Server) -> socket.socket:
    path = "/book/discovery-call/bookings/"
    form = "Content-Type: application/x-www-form-urlencoded\nOrigin: http://HOST"
    head = f"POST {path} HTTP/1.1\nHost: HOST\n{form}\nContent-Length: 500\n\n"
    return sending(server, f"{head}name=C")


def not_reading(server: Server) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect(("127.0.0.1", server.port))
    client.setblocking(False)
    request = "GET /static/admin/js/vendor/jquery/jquery.js HTTP/1.1\r\nHost: HOST\r\n\r\n"
    client.send(60 * request.replace("HOST", server.host).encode())
    return client


def half_a_chunk(server: Server) -> socket.socket:
    head = "POST /sign-in/ HTTP/1.1\nHost: HOST\nTransfer-Encoding: chunked\n\n"
    return sending(server, f"{head}5\nab")


def empty_lines(server: Server) -> socket.socket:
    return sending(server, "\n\n")


HANGING_ON = [silent, half_a_head, half_a_body, half_a_chunk, empty_lines, not_reading]


@pytest.mark.once
@pytest.mark.parametrize("hang_on", HANGING_ON)
def test_twelve_clients_that_hang_on_hold_up_nobody(
    start_server: Callable[..., Server], olive: Owner, hang_on: Callable[[Server], socket.socket]
) -> None:
    server = start_server(workers=1)
    clients = [hang_on(server) for _ in range(12)]
    # If each held a thread, this would take longer than the ten seconds that `get` waits.
    assert [server.get("/healthz") for _ in range(5)] == [(200, "ok\n")] * 5
    for client in clients:
        client.close()


def twelve_not_closing(server: Server) -> list[socket.socket]:
    """Return twelve clients that were answered at the same time and leave their side open."""
    clients = [half_a_head(server) for _ in range(12)]
    for client in clients:
        client.sendall(b"Connection: close\r\n\r\n")
    for client in clients:
        assert client.recv(4096)
    return clients


@pytest.mark.once
def test_twelve_clients_that_never_close_hold_up_nobody(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(workers=1)
    started = monotonic()
    clients = twelve_not_closing(server)
    assert [server.get("/healthz") for _ in range(5)] == [(200, "ok\n")] * 5
    # gthread's main thread would wait two seconds for each client, 24 in all.
    assert monotonic() - started < 15
    for client in clients:
        client.close()


@pytest.mark.once
def test_client_that_sends_half_a_request_costs_no_thread_for_good(
    start_server: Callable[..., Server], olive: Owner
) -> None:
    server = start_server("--threads", "3", workers=1)
    clients = [hang_on(server) for hang_on in (half_a_head, half_a_body, not_reading)]
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=60)) as http:
        http.request("GET", "/healthz", headers={"Host": server.host})
        assert http.getresponse().status == 200
    for client in clients:
        client.close()
    assert "Traceback" not in server.log.read_text()
