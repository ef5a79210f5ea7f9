"""The times that clients feel: the page, its parts, and the moment after Confirm."""

from collections.abc import Iterator

from booking.client.visit import FRAGMENT_HEADER, FRAGMENTS
from tests.benchmark.lab import Lab
from tests.benchmark.report import Bound, ReportRow, compared, judged
from tests.benchmark.rounds import (
    Samples,
    cost,
    cpu,
    cpu_ratio,
    p50,
    rate,
    rate_ratio,
    tail,
    unsteadiness,
)
from tests.benchmark.seed import DESKS

PAGE = Bound(2.0, 1.4, " b")
DAY = Bound(0.9, 0.5, " b")
MONTH = Bound(1.5, 1.0, " b")
BOOKING = Bound(0.35, 0.5, " of d", at_least=True)
ONE_OWNER = Bound(0.5, 0.8, " of that", at_least=True)
TAIL = Bound(4, 2, " p50")
# A yardstick tells little if its rounds lie further apart than this part of their median.
STEADY = 0.25


def measure(lab: Lab) -> Iterator[ReportRow]:
    product, target = lab.large, lab.large.target
    day, month = ({FRAGMENT_HEADER: FRAGMENTS[part]} for part in ("day", "pick"))
    samples = lab.in_turn(
        {
            "b": lab.yardsticks.b,
            "d": lab.yardsticks.d,
            "public page": target.get(product.public_pages),
            "one-time page": target.get(product.one_time_pages),
            "public page, not compressed": target.get(
                product.public_pages, **{"Accept-Encoding": "identity"}
            ),
            "fragment of a day": target.get(product.days, **day),
            "fragment of a month": target.get(product.public_pages, **month),
            "booking": target.book(product.desks, DESKS[1:]),
            "booking with one owner": target.book(product.desks, DESKS[:1]),
        }
    )
    b, d, booking = samples["b"], samples["d"], samples["booking"]
    yield _yardstick("yardstick b", b)
    yield _yardstick("yardstick d", d)
    for name in ("public page", "one-time page", "public page, not compressed"):
        yield compared(name, cpu_ratio(samples[name], b), PAGE, cost(samples[name]))
    for name, bound in (("fragment of a day", DAY), ("fragment of a month", MONTH)):
        yield compared(name, cpu_ratio(samples[name], b), bound, cost(samples[name]))
    note = f"{cost(booking)}, {cpu_ratio(booking, d).paired:.2f} d"
    yield compared("booking by a link, requests/s", rate_ratio(booking, d), BOOKING, note)
    crowded = samples["booking with one owner"]
    what = "the same, all with one owner"
    yield compared(what, rate_ratio(crowded, booking), ONE_OWNER, cost(crowded))
    for name in ("public page", "booking"):
        note = f"p50 {p50(samples[name]):.1f} ms"
        yield judged(f"p99 of the {name}", tail(samples[name]), TAIL, note)


def _yardstick(what: str, samples: Samples) -> ReportRow:
    apart = unsteadiness(samples)
    verdict = f"NOISY: rounds {apart:.0%} apart" if apart > STEADY else ""
    return ReportRow(
        what, "", "", f"{cpu(samples):.2f} ms", verdict, f"{rate(samples):.0f} requests/s"
    )
