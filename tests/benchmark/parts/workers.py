"""The memory that a worker takes, soon and after very many requests."""

from collections.abc import Iterator

from booking.client.visit import FRAGMENT_HEADER
from tests.benchmark import usage
from tests.benchmark.lab import LARGE, Lab, database_processes
from tests.benchmark.load import send
from tests.benchmark.report import Bound, ReportRow, judged
from tests.benchmark.seed import DESKS
from tests.benchmark.target import BROWSER, Target
from tests.support.servers.crashing import workers_of
from tests.support.servers.installation import Server

GROWTH = Bound(1.05, 1.05, " times")
SIZE = Bound(110, 80, " MB")
SOON, LATE, QUICK = 1000, 100_000, 5000
SECONDS = 10
# One round in so many is one of bookings.
BOOKING_ROUNDS = 10


def measure(lab: Lab) -> Iterator[ReportRow]:
    """Send one worker all kinds of requests, one kind after the other."""
    late = QUICK if lab.quick else LATE
    lab.large  # noqa: B018  fills the database
    with lab.serve(LARGE, workers=1) as server:
        target = Target(server, LARGE, database_processes())
        [worker] = workers_of(server)
        served = _start_threads(lab, server) + _serve(lab, target, SOON, seconds=1)
        early, soon = served, usage.memory(worker)
        served += _serve(lab, target, late - served, seconds=1 if lab.quick else SECONDS)
        after = usage.memory(worker)
        same = workers_of(server) == [worker]
    note = f"{soon:.1f} MB after {early:,} requests, {after:.1f} MB after {served:,}; one run"
    if not same:
        raise RuntimeError("The worker did not live through all requests.")
    yield judged("memory of a worker, late beside soon", after / soon, GROWTH, note)
    yield judged("memory of a worker", after, SIZE, "what processes share is divided between them")


def _start_threads(lab: Lab, server: Server) -> int:
    """Start all threads by more clients than threads; each keeps its connection for good."""
    return send(server.url, lab.large.public_pages, seconds=1, headers=BROWSER, clients=32).requests


def _serve(lab: Lab, target: Target, wanted: int, *, seconds: float) -> int:
    """Return the number of requests that were answered, which is at least `wanted`."""
    product = lab.large
    kinds = [
        target.get(product.public_pages),
        target.get(product.days, **{FRAGMENT_HEADER: "1"}),
        target.get(product.one_time_pages),
    ]
    served, rounds = 0, 0
    while served < wanted:
        if rounds % BOOKING_ROUNDS == 1:
            served += target.book(product.desks, DESKS)(1).load.requests
        else:
            served += kinds[rounds % len(kinds)](seconds).load.requests
        rounds += 1
    return served
