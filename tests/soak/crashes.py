"""Kills workers of the server, and in another case PostgreSQL, while clients book."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator

from django.db import connection

from tests.crashing import (
    Crowd,
    Record,
    database_at,
    free_slots,
    make_places,
    violations_of,
    workers_of,
)
from tests.machine import Cluster, find_postgresql, throwaway_cluster
from tests.servers import Server
from tests.soak.stage import Row, Stage

CLIENTS = 12
CALENDARS, LINKS = 12, 30_000


def play(stage: Stage) -> Iterator[Row]:
    yield kill_workers(stage, times=3 if stage.quick else 200)
    programs = find_postgresql()
    if connection.vendor == "postgresql" and programs:
        with throwaway_cluster(programs) as cluster, database_at(cluster.url):
            yield kill_database(stage, cluster, times=1 if stage.quick else 10)


def kill_workers(stage: Stage, *, times: int) -> Row:
    with stage.server(workers=3) as server:
        return crash(server, "a worker is killed", times, lambda: kill_a_worker(server))


def kill_a_worker(server: Server) -> None:
    if workers := workers_of(server):
        os.kill(random.choice(workers), signal.SIGKILL)


def kill_database(stage: Stage, cluster: Cluster, *, times: int) -> Row:
    def kill() -> None:
        cluster.kill()
        time.sleep(random.uniform(0, 5))
        cluster.start()

    with stage.server(workers=3) as server:
        return crash(server, "PostgreSQL is killed", times, kill)


def crash(server: Server, case: str, times: int, kill: Callable[[], None]) -> Row:
    """Kills at a random moment, but never before somebody has booked since the last time."""
    crowd = Crowd(
        server, make_places(calendars=CALENDARS, links=LINKS), free_slots(), clients=CLIENTS
    )
    connection.close()  # it would not survive PostgreSQL
    with crowd.booking() as record:
        for _ in range(times):
            crowd.wait_for_bookings(3)
            time.sleep(random.uniform(0, 2))
            kill()
        crowd.wait_for_bookings(3)
    return Row(
        case,
        clients=CLIENTS,
        requests=record.requests,
        kills=times,
        violations=violations_of(record),
        note=in_words(record),
    )


def in_words(record: Record) -> str:
    return (
        f"{len(record.shown)} bookings, {record.lost} answers lost, {record.refused} of 503,"
        f" {record.recovered} bookings seen only after one of these, {record.taken} times taken"
    )
