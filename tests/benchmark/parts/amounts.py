"""The costs of a client that must not grow with the number of bookings."""

from collections.abc import Iterator, Sequence

from django.test import Client

from tests.benchmark.lab import Lab, public_page
from tests.benchmark.report import Bound, ReportRow, compared, plain
from tests.benchmark.rounds import Samples, cpu, cpu_ratio
from tests.benchmark.seed import BOOKED_AHEAD, BUSY, DESKS, active_link
from tests.benchmark.visits import FRAGMENT, Done, all_that_is_done, book, visit
from tests.support.database import plans

GROWTH = Bound(1.10, 1.05, " times")


def measure(lab: Lab) -> Iterator[ReportRow]:
    yield from _growth(lab)
    yield from _queries(lab)
    if lab.is_postgresql:
        yield from _scans(lab)


def _growth(lab: Lab) -> Iterator[ReportRow]:
    few, many = lab.small, lab.large
    samples = lab.in_turn(
        {
            "page, few": few.target.get(few.public_pages),
            "page, many": many.target.get(many.public_pages),
            "page, busy": many.target.get([many.month_of(BUSY)]),
            "booking, few": few.target.book(few.desks),
            "booking, many": many.target.book(many.desks),
            "booking, desk": many.target.book(many.desks, DESKS[1:2]),
            "booking, booked ahead": many.target.book(many.desks, [BOOKED_AHEAD]),
        }
    )
    amounts = f"{few.size.bookings:,} → {many.size.bookings:,} bookings"
    yield _beside(f"public page, {amounts}", samples["page, many"], samples["page, few"])
    busy = f"public page of an owner with {many.size.busy:,} bookings"
    yield _beside(busy, samples["page, busy"], samples["page, many"])
    yield _beside(f"booking, {amounts}", samples["booking, many"], samples["booking, few"])
    ahead = f"booking of an owner with {many.size.busy:,} to come, beside few"
    yield _beside(ahead, samples["booking, booked ahead"], samples["booking, desk"])


def _beside(what: str, samples: Samples, others: Samples) -> ReportRow:
    note = f"{cpu(samples):.2f} and {cpu(others):.2f} ms"
    return compared(what, cpu_ratio(samples, others), GROWTH, note)


def _queries(lab: Lab) -> Iterator[ReportRow]:
    """Compare the queries for an owner with few bookings and for one with very many."""
    owners, desks = (lab.large.size.ordinary[0], BUSY), lab.large.desks
    pages = [public_page(owner) for owner in owners]
    links = [f"/l/{active_link(owner)}/" for owner in owners]
    yield _same("the public page", 4, [visit(Client(), page) for page in pages])
    yield _same("the one-time page", 4, [visit(Client(), link) for link in links])
    yield _same("a fragment", 4, [visit(Client(), page, **FRAGMENT) for page in pages])
    yield _same("a booking", 8, [book(desks, owner) for owner in (DESKS[2], BOOKED_AHEAD)])


def _same(what: str, most: int, done: Sequence[Done]) -> ReportRow:
    numbers = [len(statements) for _what, statements in done]
    return plain(
        f"queries of {what}, few and many bookings",
        max(numbers) <= most and len(set(numbers)) == 1,
        must=f"at most {most}, the same",
        figure=" and ".join(map(str, numbers)),
    )


def _scans(lab: Lab) -> Iterator[ReportRow]:
    """Look for scans in the plans for the values at hand, and in the generic plans."""
    explained = [
        (what, plans.explain(sql))
        for what, statements in all_that_is_done(lab.large.desks)
        for sql in plans.that_look(statements)
    ]
    prepared = plans.explain_prepared()
    scanned = {
        f"{table} for {what}"
        for what, plan in (*explained, *prepared.items())
        for table in plans.read_through(plan)
    }
    yield plain(
        "growing tables read from end to end",
        not scanned,
        must="none",
        figure=", ".join(sorted(scanned)) or "none",
        note=f"{len(explained)} queries explained, and {len(prepared)} as they are prepared",
    )
