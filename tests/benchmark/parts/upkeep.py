"""The costs of very many bookings for an administrator: disk, WAL, and checking all rows."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connections

from booking.models import Booking
from tests.benchmark.lab import LARGE, SMALL, Lab
from tests.benchmark.report import Bound, ReportRow, judged
from tests.settings import ENVIRONMENT
from tests.support.servers.installation import clean_environment, database_url

MEMORY = Bound(1.1, 1.05, " times")
TABLES = ("booking_booking", "booking_mail")


@dataclass(frozen=True)
class Usage:
    """The usage of a process that has ended."""

    seconds: float
    memory: float  # MB at its peak


def measure(lab: Lab) -> Iterator[ReportRow]:
    few, many = lab.small, lab.large
    amounts = f"{few.size.bookings:,} → {many.size.bookings:,} bookings"
    small, large = (check_invariants(lab, alias) for alias in (SMALL, LARGE))
    note = f"{large.memory:.0f} and {small.memory:.0f} MB; {large.seconds:.1f} s"
    what = f"memory of check_invariants, {amounts}"
    yield judged(what, large.memory / small.memory, MEMORY, note)
    if lab.is_postgresql:
        yield _disk()
        yield _wal(lab)


def check_invariants(lab: Lab, alias: str) -> Usage:
    """Run the check as an administrator does."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "check_invariants"],
        cwd=lab.installation,
        env=clean_environment(
            **{**ENVIRONMENT, "DATABASE_URL": database_url(alias), "DATA_DIR": str(lab.folder)}
        ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError("The database is not sound.")
    return Usage(time.monotonic() - started, used.ru_maxrss / 1024)


def _disk() -> ReportRow:
    """Measure the disk space after the benchmark has booked, indexes included."""
    with connections[LARGE].cursor() as cursor:
        size = "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name"
        cursor.execute(size, [list(TABLES)])
        [used] = cursor.fetchone()
    count = Booking.objects.count()
    note = f"with its emails; of {count:,} bookings"
    return ReportRow("disk for a booking", "", "", f"{float(used) / count / 1000:.2f} KB", "", note)


def _wal(lab: Lab) -> ReportRow:
    product = lab.large
    book = product.target.book(product.desks)
    before, then = Booking.objects.count(), _wal_position()
    book(2 if lab.quick else 20)
    count, written = Booking.objects.count() - before, _wal_position() - then
    note = f"with its link and emails; of {count:,} bookings"
    return ReportRow("WAL for a booking", "", "", f"{written / count / 1000:.1f} KB", "", note)


def _wal_position() -> int:
    with connections[LARGE].cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn() - '0/0'")
        return int(cursor.fetchone()[0])
