"""The growth of cost with each quantity; `test-results/curves.json` keeps the figures.

`python -m tests.benchmark.plots` draws them.
"""

import json
from collections.abc import Iterator, Mapping

from tests.benchmark.lab import LARGE_SIZE, Lab
from tests.benchmark.parts.lists import SETTINGS, signed_in
from tests.benchmark.report import ReportRow
from tests.benchmark.rounds import Contender, cpu
from tests.benchmark.seed import FEW_LINKS, HOLDERS, LINKS_AT, LISTER, RANGES_AT, WINDOWS_AT, Size
from tests.benchmark.visits import links_of
from tests.support.servers.longrun import RESULTS

ROUNDS = 3
MIDDLE_SIZES = (10_000, 100_000)


def measure(lab: Lab) -> Iterator[ReportRow]:
    curves = {}
    for name, contenders in _curves(lab).items():
        samples = lab.in_turn({str(x): each for x, each in contenders.items()}, rounds=ROUNDS)
        curves[name] = {x: round(cpu(samples[str(x)]), 2) for x in contenders}
        figure = ", ".join(f"{x:,}: {y:.2f} ms" for x, y in curves[name].items())
        yield ReportRow(f"cost by {name}", "", "", figure, "")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "curves.json").write_text(json.dumps(curves, indent=2))


def _curves(lab: Lab) -> Mapping[str, Mapping[int, Contender]]:
    target, links = lab.large.target, lab.large.size.links
    return {
        "bookings": _by_bookings(lab),
        "links": {
            max(FEW_LINKS, int(part * links)): signed_in(target, LISTER, links_of(calendar))
            for calendar, part in LINKS_AT.items()
        },
        "calendars": {
            count: signed_in(target, owner, SETTINGS) for owner, count in HOLDERS.items()
        },
        "ranges a day": {
            ranges: target.get([lab.large.month_of(calendar)])
            for calendar, ranges in RANGES_AT.items()
        },
        "days of the window": {
            days: target.get([lab.large.month_of(calendar)])
            for calendar, days in WINDOWS_AT.items()
        },
    }


def _by_bookings(lab: Lab) -> dict[int, Contender]:
    """Return the public page in databases of every size."""
    products = [lab.small, lab.large]
    if lab.large.size == LARGE_SIZE:
        products[1:1] = [lab.product(f"with_{size}", Size(size)) for size in MIDDLE_SIZES]
    return {each.size.bookings: each.target.get(each.public_pages) for each in products}
