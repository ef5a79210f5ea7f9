"""The cost without prepared statements, which a connection behind PgBouncer cannot keep."""

from collections.abc import Iterator

from tests.benchmark.lab import LARGE, Lab, database_processes
from tests.benchmark.report import ReportRow
from tests.benchmark.rounds import cost, cpu_ratio
from tests.benchmark.seed import DESKS
from tests.benchmark.target import Target


def measure(lab: Lab) -> Iterator[ReportRow]:
    """Measure without a PgBouncer, whose own work would count too."""
    product = lab.large
    with lab.serve(LARGE, PREPARE_STATEMENTS="0") as server:
        bare = Target(server, LARGE, database_processes())
        samples = lab.in_turn(
            {
                "page": product.target.get(product.public_pages),
                "page, unprepared": bare.get(product.public_pages),
                "booking": product.target.book(product.desks, DESKS[1:]),
                "booking, unprepared": bare.book(product.desks, DESKS[1:]),
            },
            rounds=3,
        )
    for what in ("page", "booking"):
        ratio = cpu_ratio(samples[f"{what}, unprepared"], samples[what])
        figure = f"{ratio.most:.3g} times"
        note = f"{cost(samples[f'{what}, unprepared'])}; {ratio.spread}"
        yield ReportRow(f"{what} with PREPARE_STATEMENTS=0", "", "", figure, "", note)
