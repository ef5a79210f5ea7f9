"""What clients feel: the page, its parts, and the moment after Confirm."""

from collections.abc import Iterator

from booking.visit import FRAGMENT_HEADER
from tests.benchmark.lab import Lab
from tests.benchmark.report import Bound, Row, judged
from tests.benchmark.rounds import cpu, cpu_ratio, rate, rate_ratio, tail
from tests.benchmark.seed import DESKS

PAGE = Bound(2.0, 1.4, " b")
FRAGMENT = Bound(1.5, 1.0, " b")
BOOKING = Bound(0.35, 0.5, " of d", at_least=True)
ONE_OWNER = Bound(0.5, 0.8, " of that", at_least=True)
TAIL = Bound(4, 2, " p50")


def measure(lab: Lab) -> Iterator[Row]:
    product, target = lab.large, lab.large.target
    fragment = {FRAGMENT_HEADER: "1"}
    samples = lab.in_turn(
        {
            "b": lab.yardsticks.b,
            "d": lab.yardsticks.d,
            "public page": target.get(product.public_pages),
            "one-time page": target.get(product.one_time_pages),
            "public page, not compressed": target.get(
                product.public_pages, **{"Accept-Encoding": "identity"}
            ),
            "fragment of a day": target.get(product.days, **fragment),
            "fragment of a month": target.get(product.months, **fragment),
            "booking": target.book(product.desks, DESKS[1:]),
            "booking with one owner": target.book(product.desks, DESKS[:1]),
        }
    )
    b, d, booking = samples["b"], samples["d"], samples["booking"]
    yield Row("yardstick b", "", "", f"{cpu(b):.2f} ms", "", f"{rate(b):.0f} requests/s")
    yield Row("yardstick d", "", "", f"{cpu(d):.2f} ms", "", f"{rate(d):.0f} requests/s")
    for name in ("public page", "one-time page", "public page, not compressed"):
        yield judged(name, cpu_ratio(samples[name], b), PAGE, f"{cpu(samples[name]):.2f} ms")
    for name in ("fragment of a day", "fragment of a month"):
        yield judged(name, cpu_ratio(samples[name], b), FRAGMENT, f"{cpu(samples[name]):.2f} ms")
    note = f"{rate(booking):.0f}/s; {cpu(booking):.2f} ms, {cpu_ratio(booking, d):.2f} d"
    yield judged("booking by a link, requests/s", rate_ratio(booking, d), BOOKING, note)
    crowded = samples["booking with one owner"]
    note = f"{rate(crowded):.0f}/s; {cpu(crowded):.2f} ms"
    yield judged("the same, all with one owner", rate_ratio(crowded, booking), ONE_OWNER, note)
    for name in ("public page", "booking"):
        note = f"p50 {samples[name][0].load.p50:.1f} ms"
        yield judged(f"p99 of the {name}", tail(samples[name]), TAIL, note)
