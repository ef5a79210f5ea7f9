"""Servers under load: the processor time of each request, for workers and database."""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection

from django.db import connections

from tests.benchmark import usage
from tests.benchmark.desks import Desks
from tests.benchmark.load import CLIENTS, NotMeasured, send
from tests.benchmark.rounds import Contender, Sample
from tests.benchmark.seed import DESKS
from tests.support.servers.installation import Server

# Browsers send this header: compressing is a part of the answer.
BROWSER = {"Accept-Encoding": "gzip"}
FORM = {**BROWSER, "Content-Type": "application/x-www-form-urlencoded"}
# The lengths of answers of one kind differ by no more than this part.
TOLERANCE = 0.3
# Forms are made for HEADROOM times the fastest round so far, at first for FIRST_GUESS a second.
HEADROOM, FIRST_GUESS = 2, 3000
LOANS = "yardsticks_loan"
BOOKINGS = "booking_booking"


@dataclass(frozen=True)
class Target:
    """A server, the alias of its database, and the processes whose time counts."""

    server: Server
    alias: str
    processes: Sequence[int]

    def get(self, lines: Sequence[str], clients: int = CLIENTS, /, **headers: str) -> Contender:
        """Return clients who request `lines`, such as "GET /book/calendar-1/", in any order."""
        headers, lines = {**BROWSER, **headers}, random.sample(lines, len(lines))
        usual = usual_length(self.server, lines, headers)

        def contend(seconds: float) -> Sample:
            sample = self._load(lines, headers, seconds, clients)
            length = sample.load.bytes / sample.load.requests
            if abs(length - usual) > TOLERANCE * usual:
                raise NotMeasured(f"answers had {length:.0f} bytes, not about {usual:.0f}")
            return sample

        return contend

    def post(self, lines: Callable[[int], Sequence[str]], table: str) -> Contender:
        """Return clients who send forms, each of which makes a row in `table`.

        `lines(n)` makes n forms. Forms that one round did not send are left for the next.
        """
        prepared: list[str] = []
        fastest = 0.0

        def contend(seconds: float) -> Sample:
            nonlocal fastest
            wanted = int((HEADROOM * fastest or FIRST_GUESS) * seconds)
            prepared.extend(lines(max(0, wanted - len(prepared))))
            before = self._settled_count(table)
            headers = {**FORM, "Origin": self.server.url}
            sample = self._load(prepared, headers, seconds, CLIENTS)
            made = self._count(table) - before
            if sample.load.requests > len(prepared):
                raise NotMeasured(f"the {len(prepared)} forms made did not last")
            del prepared[: sample.load.requests + CLIENTS]
            fastest = max(fastest, sample.rate)
            # Forms that are answered after the end of the round are not counted by wrk.
            if not 0 <= made - sample.load.requests <= CLIENTS:
                raise NotMeasured(f"{sample.load.requests} forms made {made} rows")
            return sample

        return contend

    def book(self, desks: Desks, places: Sequence[int] = DESKS) -> Contender:
        """Return clients who book by one-time links, at desks that take turns."""
        return self.post(lambda count: desks.forms(count, places), BOOKINGS)

    def _load(
        self, lines: Sequence[str], headers: dict[str, str], seconds: float, clients: int
    ) -> Sample:
        before = self._used()
        load = send(self.server.url, lines, seconds=seconds, headers=headers, clients=clients)
        workers, database = (
            1000 * (used - then) / load.requests
            for used, then in zip(self._used(), before, strict=True)
        )
        return Sample(load, workers + database, database)

    def _used(self) -> tuple[float, float]:
        """Return the seconds that the workers and the database have used."""
        return usage.cpu_seconds(self.server.pid), usage.cpu_seconds(*self.processes)

    def _settled_count(self, table: str) -> int:
        """Count the rows once the forms that an earlier round left behind are answered."""
        count = self._count(table)
        while True:
            time.sleep(0.2)
            count, before = self._count(table), count
            if count == before:
                return count

    def _count(self, table: str) -> int:
        with connections[self.alias].cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608  one of ours
            return int(cursor.fetchone()[0])


def usual_length(server: Server, lines: Sequence[str], headers: dict[str, str]) -> float:
    """Return the bytes of an answer. Raises NotMeasured unless each of those tried is a page."""
    tried = lines[:10]
    return sum(_length(server, line.split()[1], headers) for line in tried) / len(tried)


def _length(server: Server, path: str, headers: dict[str, str]) -> int:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as http:
        http.request("GET", path, headers={"Host": server.host, **headers})
        response = http.getresponse()
        body = response.read()
    if response.status != 200:
        raise NotMeasured(f"{path} was answered with {response.status}")
    head = sum(len(f"{name}: {value}\r\n") for name, value in response.getheaders())
    return head + len(body)
