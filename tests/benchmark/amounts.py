"""What more and more bookings cost a client: nothing, if all is well."""

from collections.abc import Iterator, Sequence

from django.test import Client

from tests import plans
from tests.benchmark.desks import Desks
from tests.benchmark.lab import Lab, public_page
from tests.benchmark.report import Bound, Row, compared, plain
from tests.benchmark.rounds import Samples, cpu, cpu_ratio
from tests.benchmark.seed import BOOKED_AHEAD, BUSY, DESKS, active_link, month_ahead
from tests.benchmark.visits import FRAGMENT, all_that_is_done, book, visit

GROWTH = Bound(1.10, 1.05, " times")
QUERIES = {"the public page": 4, "the one-time page": 4, "a fragment": 4, "a booking": 8}


def measure(lab: Lab) -> Iterator[Row]:
    yield from _growth(lab)
    yield from _queries(lab)
    if lab.is_postgresql:
        yield from _scans(lab)


def _growth(lab: Lab) -> Iterator[Row]:
    few, many = lab.small, lab.large
    samples = lab.in_turn(
        {
            "page, few": few.target.get(few.public_pages),
            "page, many": many.target.get(many.public_pages),
            "page, busy": many.target.get([many.month_of(BUSY)]),
            "page, desk": many.target.get([many.month_of(DESKS[1])]),
            "page, booked ahead": many.target.get([many.month_of(BOOKED_AHEAD)]),
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
    for what in ("page", "booking"):
        ahead = f"{what} of an owner with {many.size.busy:,} bookings to come, beside few"
        yield _beside(ahead, samples[f"{what}, booked ahead"], samples[f"{what}, desk"])


def _beside(what: str, samples: Samples, others: Samples) -> Row:
    note = f"{cpu(samples):.2f} and {cpu(others):.2f} ms"
    return compared(what, cpu_ratio(samples, others), GROWTH, note)


def _queries(lab: Lab) -> Iterator[Row]:
    """Of an owner with few bookings, and of one with very many."""
    few, desks = lab.large.size.ordinary[0], lab.large.desks
    for kind, most in QUERIES.items():
        numbers = [len(statements) for statements in _asked(kind, few, desks)]
        holds = max(numbers) <= most and len(set(numbers)) == 1
        figure = ", ".join(map(str, numbers))
        must = f"at most {most}, the same"
        yield plain(f"queries of {kind}, few and many bookings", holds, must=must, figure=figure)


def _asked(kind: str, few: int, desks: Desks) -> list[Sequence[str]]:
    day = f"{month_ahead(desks.now):%Y-%m}-15"
    match kind:
        case "the public page":
            done = [visit(Client(), public_page(pk)) for pk in (few, BUSY)]
        case "the one-time page":
            done = [visit(Client(), f"/l/{active_link(pk)}/") for pk in (few, BUSY)]
        case "a fragment":
            paths = [f"{public_page(pk)}?day={day}" for pk in (few, BUSY)]
            done = [visit(Client(), path, **FRAGMENT) for path in paths]
        case _:
            done = [book(desks, pk) for pk in (DESKS[2], BOOKED_AHEAD)]
    return [statements for _what, statements in done]


def _scans(lab: Lab) -> Iterator[Row]:
    """By the plans for the values at hand, and for those of no value in particular."""
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
