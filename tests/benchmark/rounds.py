"""Rounds in turn, one of each contender after the other, so that all meet the same noise."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tests.benchmark.load import Load

REQUESTS_TO_WARM_UP, MOST_SECONDS_TO_WARM_UP = 300, 15


@dataclass(frozen=True)
class Sample:
    """One round: the counts of wrk, and the processor time that each request took."""

    load: Load
    cpu: float  # milliseconds, of workers and database
    database: float  # the database's part of them

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.load.requests / self.load.seconds


Contender = Callable[[float], Sample]  # takes the seconds of a round
Samples = Sequence[Sample]


def in_turn(
    contenders: Mapping[str, Contender], *, rounds: int, seconds: float
) -> dict[str, list[Sample]]:
    """Return the samples of each contender, one for each round."""
    for contender in contenders.values():
        warm_up(contender)
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            samples[name].append(contender(seconds))
    return samples


def warm_up(contender: Contender) -> None:
    """Run until every thread of every process should have its connection and templates."""
    requests, until = 0, time.monotonic() + MOST_SECONDS_TO_WARM_UP
    while requests < REQUESTS_TO_WARM_UP and time.monotonic() < until:
        requests += contender(1).load.requests


def cpu(samples: Samples) -> float:
    return median(sample.cpu for sample in samples)


def database(samples: Samples) -> float:
    return median(sample.database for sample in samples)


def p50(samples: Samples) -> float:
    return median(sample.load.p50 for sample in samples)


def rate(samples: Samples) -> float:
    return median(sample.rate for sample in samples)


def cost(samples: Samples) -> str:
    """Return a text such as "506/s; 3.33 ms, 0.42 of them the database’s"."""
    of_database = f", {database(samples):.2f} of them the database’s" if database(samples) else ""
    return f"{rate(samples):.0f}/s; {cpu(samples):.2f} ms{of_database}"


def tail(samples: Samples) -> float:
    """Return how many times its median the slowest hundredth takes."""
    return median(sample.load.p99 / sample.load.p50 for sample in samples)


@dataclass(frozen=True)
class Ratio:
    """The ratio of a cost or rate to another's, in two figures that noise spoils differently.

    The two samples of one round met the same noise if it lasted; a median leaves short noise out.
    """

    rounds: Sequence[float]  # the ratio within each round
    of_medians: float

    @property
    def paired(self) -> float:
        return median(self.rounds)

    @property
    def most(self) -> float:
        return max(self.paired, self.of_medians)

    @property
    def least(self) -> float:
        return min(self.paired, self.of_medians)

    @property
    def spread(self) -> str:
        return f"rounds {min(self.rounds):.3g} to {max(self.rounds):.3g}"


def ratio(samples: Samples, others: Samples, of: Callable[[Sample], float]) -> Ratio:
    ours, theirs = (list(map(of, each)) for each in (samples, others))
    rounds = [one / other for one, other in zip(ours, theirs, strict=True)]
    return Ratio(rounds, median(ours) / median(theirs))


def cpu_ratio(samples: Samples, others: Samples) -> Ratio:
    return ratio(samples, others, lambda sample: sample.cpu)


def rate_ratio(samples: Samples, others: Samples) -> Ratio:
    return ratio(samples, others, lambda sample: sample.rate)


def unsteadiness(samples: Samples) -> float:
    """Return how far the rounds' processor times lie apart, as a part of their median."""
    times = [sample.cpu for sample in samples]
    return (max(times) - min(times)) / median(times)
