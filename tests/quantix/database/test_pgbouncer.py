"""Quantix behind a PgBouncer in transaction mode, set up with the lines of docs/deploy.md."""

import re
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection, transaction
from django.urls import reverse

from onetime_links.models import OneTimeLink
from quantix import prepare
from tests.run import ROOT
from tests.soak.arena import Arena, make_calendar, make_links, noon, page_of, statuses
from tests.soak.race_cases import one_link_for_many_slots
from tests.soak.races import play_round, race_server
from tests.support.races.volley import get, get_as
from tests.support.servers.installation import Server, database_url, gunicorn
from tests.support.servers.machine import find_pgbouncer, throwaway_pgbouncer
from tests.support.servers.workers import wait_until
from tests.support.world.factories import BookingFactory

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="PgBouncer is for PostgreSQL"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def pgbouncer_url(django_db_setup: None) -> Iterator[str]:
    """The address of the test's database behind PgBouncer, with five sessions for all clients."""
    program = find_pgbouncer()
    if not program:
        pytest.skip("There is no PgBouncer: apt-get install pgbouncer.")
    [lines] = re.findall(r"```ini\n(.*?)```", (ROOT / "docs" / "deploy.md").read_text(), re.DOTALL)
    ini = ConfigParser(interpolation=None)
    ini.read_string(lines)
    ini["pgbouncer"]["default_pool_size"] = "5"
    with throwaway_pgbouncer(program, database_url(), ini) as url:
        yield url


@pytest.fixture(scope="module")
def server(
    installation: Path, tmp_path_factory: pytest.TempPathFactory, pgbouncer_url: str
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("pgbouncer")
    # With so few threads, each soon repeats a query, and would meet what another has prepared.
    start = partial(gunicorn, installation, folder / "log", "--threads", "4")
    behind = partial(start, DATABASE_URL=pgbouncer_url, PREPARE_STATEMENTS="0")
    with race_server(behind) as server:
        yield server


def test_sixty_clients_race_for_one_link(server: Server) -> None:
    assert list(play_round(Arena(server, seed="PgBouncer"), one_link_for_many_slots)) == []


def test_pages_and_exports_at_once(server: Server) -> None:
    """A query of one client leaves nothing in the session for the next."""
    booking = BookingFactory.create(calendar=make_calendar(), starts_at=noon())
    calendar, arena = booking.calendar, Arena(server, seed="PgBouncer")
    pages = [get(server, page_of(calendar)) for _ in range(20)]
    path = reverse("booking:export")
    exports = [get_as(server, calendar.owner, path) for _ in range(20)]
    answers = arena.all_at_once([*pages, *exports])
    assert statuses(answers) == {200: 40}
    assert {booking.client_name in answer.body for answer in answers[20:]} == {True}


def test_wait_for_lock_ends(server: Server) -> None:
    """A wait for a lock ends in the database too: no query is left that waits and holds locks."""
    arena, [link] = Arena(server, seed="PgBouncer"), make_links(make_calendar(), 1)
    forms = arena.open_forms([(link.get_absolute_url(), noon())])
    with transaction.atomic():
        OneTimeLink.objects.select_for_update().get(pk=link.pk)
        answers, _ = arena.send(forms)
        wait_until(lambda: not waiting_for_locks())
    assert statuses(answers) == {503: 1}


def waiting_for_locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees old activity
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        [count] = cursor.fetchone()
    return int(count)


def test_lock_of_migrations_ends(pgbouncer_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock of migrations ends even if another client gets the session in the meantime."""
    behind = connection.copy()
    behind.settings_dict["PORT"] = urlsplit(pgbouncer_url).port
    monkeypatch.setattr(prepare, "connection", behind)
    with closing(behind), psycopg.connect(pgbouncer_url, prepare_threshold=None) as other:
        with prepare.one_at_a_time():
            assert locks_held() == 1
            other.execute("SELECT 1")
        assert locks_held() == 0


def locks_held() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database AS here ON database = here.oid"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        [count] = cursor.fetchone()
    return int(count)
