"""The filled databases, and the servers on them, with which the rows are measured."""

import json
import subprocess
import sys
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.utils import timezone

from tests.benchmark import usage
from tests.benchmark.desks import Desks
from tests.benchmark.rounds import Contender, Sample, in_turn
from tests.benchmark.seed import (
    ACTIVE_LINKS_EACH,
    DAY,
    ZONE,
    Size,
    active_link,
    month_ahead,
    slug_of,
    upcoming_starts,
)
from tests.benchmark.target import Target
from tests.benchmark.yardsticks import SHELVES
from tests.run import ROOT
from tests.support.servers.installation import Server, clean_environment, database_url, gunicorn
from tests.support.servers.longrun import RESULTS

LARGE, SMALL, YARDSTICKS = DEFAULT_DB_ALIAS, "small", "yardsticks"
LARGE_SIZE = Size(1_000_000, busy=20_000, links=100_000)
SQLITE_SIZE = Size(100_000, busy=20_000, links=100_000)
QUICK_SIZE = Size(20_000, busy=2_000, links=5_000)
SMALL_SIZE = Size(1_000)
SEED_PATIENCE = 1800
LOANS = "yardsticks_loan"


@dataclass
class Product:
    """Quantix on a database of some size."""

    target: Target
    size: Size
    desks: Desks

    @property
    def public_pages(self) -> list[str]:
        return [self.month_of(calendar) for calendar in self.size.ordinary]

    @property
    def one_time_pages(self) -> list[str]:
        return [
            f"GET /l/{active_link(calendar, number)}/?{self._month}"
            for calendar in self.size.ordinary
            for number in range(ACTIVE_LINKS_EACH)
        ]

    @property
    def days(self) -> list[str]:
        """Public pages of the same month, each with a day of it that is partly booked."""
        now = self.desks.now
        first = month_ahead(now)
        starts = [start.astimezone(ZONE).date() for start in upcoming_starts(40, now=now)]
        days = [day for day in starts if first <= day < first + 28 * DAY]
        return [
            f"GET {public_page(calendar)}?day={days[n % len(days)]}"
            for n, calendar in enumerate(self.size.ordinary)
        ]

    def month_of(self, calendar: int) -> str:
        """Return the calendar's public page for a month that is all ahead.

        Such a month takes the same amount of drawing on any date.
        """
        return f"GET {public_page(calendar)}?{self._month}"

    @property
    def _month(self) -> str:
        return f"month={month_ahead(self.desks.now):%Y-%m}"


@dataclass
class Yardsticks:
    target: Target

    @cached_property
    def b(self) -> Contender:
        return self.target.get([f"GET /shelves/{shelf}/" for shelf in range(1, SHELVES + 1)])

    @cached_property
    def d(self) -> Contender:
        return self.target.post(self._loans, LOANS)

    @staticmethod
    def _loans(count: int) -> list[str]:
        return [f"POST /shelves/{1 + n % SHELVES}/loans/ reader=Cleo" for n in range(count)]


@dataclass
class Lab:
    """Servers and databases that are made when first asked for and stay until `stack` is closed."""

    installation: Path
    folder: Path
    quick: bool
    stack: ExitStack
    now: datetime = field(default_factory=timezone.now)

    @property
    def is_postgresql(self) -> bool:
        return connection.vendor == "postgresql"

    @cached_property
    def large(self) -> Product:
        """Quantix on a large database, smaller on SQLite, which is not for a million bookings."""
        long_size = LARGE_SIZE if self.is_postgresql else SQLITE_SIZE
        return self.product(LARGE, QUICK_SIZE if self.quick else long_size)

    @cached_property
    def small(self) -> Product:
        return self.product(SMALL, SMALL_SIZE)

    @cached_property
    def yardsticks(self) -> Yardsticks:
        add_database(YARDSTICKS)
        run("tests.benchmark.yardsticks.fill", DATABASE_URL=database_url(YARDSTICKS))
        application = "tests.benchmark.yardsticks.wsgi"
        server = gunicorn(ROOT, self._log(YARDSTICKS), alias=YARDSTICKS, application=application)
        return Yardsticks(self._target(YARDSTICKS, server))

    def in_turn(
        self, contenders: dict[str, Contender], *, rounds: int = 7, seconds: int = 3
    ) -> dict[str, list[Sample]]:
        """Measure in many short rounds: noise that lasts for some seconds then spoils few of them.

        Every sample is kept in `test-results/bench-samples.jsonl`.
        """
        rounds, seconds = (1, 2) if self.quick else (rounds, seconds)
        samples = in_turn(contenders, rounds=rounds, seconds=seconds)
        RESULTS.mkdir(exist_ok=True)
        with (RESULTS / "bench-samples.jsonl").open("a") as file:
            for name, each in samples.items():
                for sample in each:
                    file.write(json.dumps({"what": name, **asdict(sample)}) + "\n")
        return samples

    def serve(self, alias: str, **options: Any) -> AbstractContextManager[Server]:
        """Serve Quantix on the database `alias`.

        Every client has an address of its own, as behind a proxy, so the limits count as usual.
        """
        return gunicorn(
            self.installation, self._log(alias), alias=alias, TRUSTED_PROXY_HOPS="1", **options
        )

    def product(self, alias: str, size: Size) -> Product:
        """Return Quantix on a filled database of its own."""
        if alias != DEFAULT_DB_ALIAS:
            add_database(alias)
        amounts = [f"--{name}={amount}" for name, amount in vars(size).items()]
        run("tests.benchmark.seed", *amounts, TEST_DATABASE_URL=database_url(alias))
        target = self._target(alias, self.serve(alias))
        return Product(target, size, Desks(alias, now=self.now))

    def _target(self, alias: str, server: AbstractContextManager[Server]) -> Target:
        return Target(self.stack.enter_context(server), alias, database_processes())

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def public_page(calendar: int) -> str:
    return f"/book/{slug_of(calendar)}/"


def add_database(alias: str) -> None:
    """Add an empty database beside that of this process, which the ORM knows by its alias."""
    own = connection.settings_dict
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {alias}")
        name = alias
    else:
        name = str(Path(own["NAME"]).with_name(f"{alias}.sqlite3"))
    connections.databases[alias] = {**own, "NAME": name}


def database_processes() -> list[int]:
    """Return the id of PostgreSQL's first process; SQLite has no process of its own."""
    if connection.vendor == "sqlite":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return [usage.parent_of(cursor.fetchone()[0])]


def run(module: str, *arguments: str, **variables: str) -> None:
    """Run one of our modules in a process of its own, whose output is shown."""
    subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=clean_environment(DJANGO_SETTINGS_MODULE="tests.settings", **variables),
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=SEED_PATIENCE,
    )
