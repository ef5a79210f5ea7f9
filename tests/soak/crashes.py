"""Kill workers of the server, and in another case PostgreSQL, while clients book."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator

from django.db import connection

from tests.soak.stage import CaseRow, Stage
from tests.support.servers.crashing import (
    PROMPTLY,
    Crowd,
    Record,
    database_at,
    free_slots,
    make_places,
    violations_of,
    workers_of,
)
from tests.support.servers.installation import Server
from tests.support.servers.machine import Cluster, find_postgresql, throwaway_cluster

CLIENTS = 12
CALENDARS, LINKS = 12, 30_000


def play(stage: Stage) -> Iterator[CaseRow]:
    yield kill_workers(stage, times=3 if stage.quick else 200)
    programs = find_postgresql()
    if connection.vendor == "postgresql" and programs:
        with throwaway_cluster(programs) as cluster, database_at(cluster.url):
            yield kill_database(stage, cluster, times=1 if stage.quick else 10)


def kill_workers(stage: Stage, *, times: int) -> CaseRow:
    with stage.server(workers=3) as server:
        return crash(server, "a worker is killed", times, lambda: kill_a_worker(server))


def kill_a_worker(server: Server) -> int:
    """Kill a worker and return the number killed: 0 while gunicorn has yet to start another."""
    workers = workers_of(server)
    if workers:
        os.kill(random.choice(workers), signal.SIGKILL)
    return len(workers[:1])


def kill_database(stage: Stage, cluster: Cluster, *, times: int) -> CaseRow:
    def kill() -> int:
        cluster.kill()
        time.sleep(random.uniform(0, 5))
        cluster.start()
        return 1

    with stage.server(workers=3) as server:
        return crash(server, "PostgreSQL is killed", times, kill)


def crash(server: Server, case: str, times: int, kill: Callable[[], int]) -> CaseRow:
    """Kill at random moments, each time only after somebody has booked since the last kill.

    `kill` returns how many it has killed, and the case ends after `times` in all.
    """
    crowd = Crowd(
        server, make_places(calendars=CALENDARS, links=LINKS), free_slots(), clients=CLIENTS
    )
    connection.close()  # it would not survive PostgreSQL
    kills = 0
    with crowd.booking() as record:
        while kills < times:
            crowd.wait_for_bookings(3)
            time.sleep(random.uniform(0, 2))
            kills += kill()
        crowd.wait_for_bookings(3)
    return CaseRow(
        case,
        clients=CLIENTS,
        requests=record.requests,
        kills=kills,
        violations=[*violations_of(record), *late(record)],
        note=in_words(record),
    )


def late(record: Record) -> Iterator[str]:
    if record.slowest > PROMPTLY:
        yield f"a client was told to try again only after {record.slowest:.1f} s"


def in_words(record: Record) -> str:
    return (
        f"{len(record.shown)} bookings, {record.lost} answers lost,"
        f" {record.refused} told to try again within {record.slowest:.1f} s,"
        f" {record.recovered} shown when the form was sent again, {record.taken} times taken"
    )
