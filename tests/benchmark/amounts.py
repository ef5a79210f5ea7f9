"""What more and more bookings cost a client: nothing, if all is well."""

from collections.abc import Iterator, Sequence

from django.test import Client

from tests import plans
from tests.benchmark.lab import Lab, public_page
from tests.benchmark.lists import browser, links_of
from tests.benchmark.report import Bound, Row, judged, plain
from tests.benchmark.rounds import Samples, cpu, cpu_ratio
from tests.benchmark.seed import BUSY, FEW_LINKS_AT, LISTER, MANY_LINKS_AT, active_link

GROWTH = Bound(1.10, 1.05, " times")


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
            "page, busy": many.target.get([f"GET {public_page(BUSY)}"]),
            "booking, few": few.target.book(few.desks),
            "booking, many": many.target.book(many.desks),
        }
    )
    amounts = f"{few.size.bookings:,} → {many.size.bookings:,} bookings"
    yield _beside(f"public page, {amounts}", samples["page, many"], samples["page, few"])
    busy = f"public page of an owner with {many.size.busy:,} bookings"
    yield _beside(busy, samples["page, busy"], samples["page, many"])
    yield _beside(f"booking, {amounts}", samples["booking, many"], samples["booking, few"])


def _beside(what: str, samples: Samples, others: Samples) -> Row:
    note = f"{cpu(samples):.2f} and {cpu(others):.2f} ms"
    return judged(what, cpu_ratio(samples, others), GROWTH, note)


def _queries(lab: Lab) -> Iterator[Row]:
    calendar = lab.large.size.ordinary[0]
    for path in (public_page(calendar), f"/l/{active_link(calendar)}/", public_page(BUSY)):
        number = len(plans.queries_of(Client(), path))
        yield plain(f"queries of {path}", number <= 4, must="at most 4", figure=str(number))


def _scans(lab: Lab) -> Iterator[Row]:
    """Of every page that reads bookings or links."""
    scanned, read = set(), 0
    for owner, paths in _pages(lab.large.size.ordinary[0]):
        client = browser(owner)
        for path in paths:
            queries = plans.queries_of(client, path)
            tables = [plans.read_through(plans.explain(sql, run=True)) for sql in queries]
            scanned |= {f"{table} for {path}" for each in tables for table in each}
            read += len(queries)
    yield plain(
        "growing tables read from end to end",
        not scanned,
        must="none",
        figure=", ".join(sorted(scanned)) or "none",
        note=f"{read} queries explained",
    )


def _pages(calendar: int) -> Iterator[tuple[int, Sequence[str]]]:
    bookings = [f"/bookings/?show={show}" for show in ("upcoming", "past", "cancelled")]
    pages = [public_page(calendar), f"/l/{active_link(calendar)}/", "/calendars/"]
    yield calendar, [*pages, *bookings, "/bookings/?q=cleo", "/bookings/?q=nobody"]
    yield BUSY, [public_page(BUSY), *bookings, "/bookings/?q=cleo"]
    shows = ("current", "expired", "revoked", "all")
    for of in (FEW_LINKS_AT, MANY_LINKS_AT):
        yield LISTER, [f"{links_of(of)}?show={show}" for show in shows]
