"""Killed or silent processes lose no booking that a client has seen, and make none twice.

`make soak` tests the same for longer, see tests/soak/crashes.py.
"""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime

import pytest
from django.db import connection, transaction

from booking.models import Booking, Mail, Party
from calendars.locks import lock_hosts
from calendars.models import Calendar
from tests.support.races.volley import Answer, at_once, get, post
from tests.support.servers.crashing import (
    PROMPTLY,
    Crowd,
    database_at,
    free_slots,
    hidden_fields,
    make_places,
    page_url,
    violations_of,
    workers_of,
)
from tests.support.servers.installation import Server, database_url
from tests.support.servers.machine import Cluster, find_postgresql, throwaway_cluster

pytestmark = pytest.mark.django_db(transaction=True)

CLEO = {"name": "Cleo Client", "email": "cleo@example.com"}
SLOT = free_slots(1)[0]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Yield a PostgreSQL server of the test's own, which the ORM uses during the test."""
    programs = find_postgresql()
    if connection.vendor != "postgresql" or programs is None:
        pytest.skip("about PostgreSQL, with its programs on this machine")
    with throwaway_cluster(programs) as cluster, database_at(cluster.url):
        yield cluster


def open_form(server: Server, address: str, slot: datetime = SLOT) -> dict[str, str]:
    return {**hidden_fields(get(server, page_url(address, slot))()), **CLEO}


def send(server: Server, address: str, form: dict[str, str]) -> Answer:
    return post(server, f"{address}bookings/", form)()


def test_killed_worker_loses_no_booking_and_makes_none_twice(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(workers=2)
    crowd = Crowd(server, make_places(calendars=2, links=500), free_slots(7), clients=6)
    with crowd.booking() as record:
        crowd.wait_for_bookings(5)
        os.kill(workers_of(server)[0], signal.SIGKILL)
        crowd.wait_for_bookings(5)
    assert violations_of(record) == []
    Mail.objects.filter(booking=Booking.objects.latest("pk"), recipient=Party.OWNER).delete()
    assert violations_of(record) == ["A booking has not all of its emails. (1)"]


def test_killed_postgresql_loses_no_booking_and_makes_none_twice(
    cluster: Cluster, start_server: Callable[..., Server]
) -> None:
    server = start_server(workers=2)
    crowd = Crowd(server, make_places(calendars=2, links=500), free_slots(7), clients=6)
    connection.close()  # this connection would not survive
    with crowd.booking() as record:
        crowd.wait_for_bookings(5)
        cluster.kill()
        assert server.get("/healthz")[0] == 200
        assert server.get("/readyz")[0] == 503
        cluster.start()
        crowd.wait_for_bookings(5)
    assert violations_of(record) == []
    assert server.get("/readyz")[0] == 200


def test_restarted_postgresql_costs_no_request(
    cluster: Cluster, start_server: Callable[..., Server]
) -> None:
    """The connections that the threads keep are dead, but no client notices."""
    server, [address, *_] = start_server(workers=1), make_places(calendars=1, links=1)
    connection.close()
    before = at_once([get(server, address) for _ in range(8)])
    cluster.kill()
    cluster.start()
    after = at_once([get(server, address) for _ in range(8)])
    assert [answer.status for answer in before + after] == [200] * 16


def test_silent_postgresql_holds_nobody_up(
    cluster: Cluster, start_server: Callable[..., Server]
) -> None:
    """PostgreSQL accepts connections, but answers neither on old ones nor on new ones."""
    server, [address, *_] = start_server(workers=1), make_places(calendars=1, links=1)
    form = open_form(server, address)
    connection.close()
    family = cluster.processes()
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    try:
        # There are more requests than threads.
        refusals = at_once([post(server, f"{address}bookings/", form) for _ in range(20)])
        assert [answer.status for answer in refusals] == [503] * 20
        assert max(answer.seconds for answer in refusals) < 2 * PROMPTLY
        assert server.get("/healthz")[0] == 200
    finally:
        for pid in reversed(family):
            os.kill(pid, signal.SIGCONT)
    assert [hidden_fields(answer) for answer in refusals] == [form] * 20
    assert send(server, address, form).status == 303


def test_lock_that_is_held_for_too_long_gives_the_form_back(
    start_server: Callable[..., Server],
) -> None:
    # Options that an operator sets do not replace those of the program.
    own = "?options=-c%20work_mem%3D8MB" if connection.vendor == "postgresql" else ""
    server = start_server(workers=1, DATABASE_URL=database_url() + own)
    [address, *_] = make_places(calendars=1, links=1)
    form = open_form(server, address)
    with transaction.atomic():
        lock_hosts(Calendar.objects.get().host_ids)
        refusal = send(server, address, form)
        assert nobody_waits_any_more()
    assert (refusal.status, hidden_fields(refusal)) == (503, form)
    assert refusal.seconds < 2 * PROMPTLY
    assert Booking.objects.count() == 0
    assert send(server, address, form).status == 303


def nobody_waits_any_more() -> bool:
    """Return whether the database has no query left that waits for our lock.

    A query that still waited would keep the locks that it holds itself.
    """
    if connection.vendor != "postgresql":
        return True
    deadline = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone() == (0,):
                return True
            time.sleep(0.1)
    return False


def test_lost_answer_to_the_commit_leads_to_the_booking(
    start_server: Callable[..., Server],
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite answers in the same process")
    with cutting_after_commits() as (url, cuts):
        server, [address, *_] = start_server(DATABASE_URL=url), make_places(calendars=1, links=1)
        form = open_form(server, address)
        cuts.set()
        refusal = send(server, address, form)
        cuts.clear()
        assert (refusal.status, hidden_fields(refusal)) == (503, form)
        booking = Booking.objects.get()
        answer = send(server, address, hidden_fields(refusal))
    assert (answer.status, answer.headers["Location"]) == (303, booking.get_absolute_url())
    assert Booking.objects.count() == 1


@contextmanager
def cutting_after_commits() -> Iterator[tuple[str, threading.Event]]:
    """Yield the URL of a proxy of the test's database, and an event that makes it cut.

    While the event is set, the proxy passes a COMMIT on, waits for the database's answer, and
    closes the connection instead of passing the answer back.
    """
    cuts, listener = threading.Event(), socket.create_server(("127.0.0.1", 0))
    database = connection.settings_dict
    target = (database["HOST"], int(database["PORT"] or 5432))

    def serve() -> None:
        with suppress(OSError):
            while True:
                client = listener.accept()[0]
                threading.Thread(target=carry, args=(client, target, cuts), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    port = listener.getsockname()[1]
    with closing(listener):
        yield database_url().replace(f":{target[1]}/", f":{port}/"), cuts


def carry(client: socket.socket, target: tuple[str, int], cuts: threading.Event) -> None:
    with closing(client), socket.create_connection(target) as server:
        committing = threading.Event()

        def back() -> None:
            with suppress(OSError):
                while data := server.recv(65536):
                    if committing.is_set():
                        break
                    client.sendall(data)
                client.shutdown(socket.SHUT_RDWR)

        threading.Thread(target=back, daemon=True).start()
        with suppress(OSError):
            while data := client.recv(65536):
                if cuts.is_set() and b"COMMIT" in data:
                    committing.set()
                server.sendall(data)
