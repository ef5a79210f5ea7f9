"""Rounds in turn: one of each contender, then the next of each, so that all meet the same noise."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tests.benchmark.load import Load

REQUESTS_TO_WARM_UP, MOST_SECONDS_TO_WARM_UP = 300, 15


@dataclass(frozen=True)
class Sample:
    """One round: what wrk counted, and the processor time that each request took."""

    load: Load
    cpu: float  # milliseconds, of workers and database
    database: float  # the part of the database in them

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.load.requests / self.load.seconds


Contender = Callable[[float], Sample]  # given the seconds of a round
Samples = Sequence[Sample]


def in_turn(
    contenders: Mapping[str, Contender], *, rounds: int, seconds: float
) -> dict[str, list[Sample]]:
    """The samples of each, one for each round."""
    for contender in contenders.values():
        warm_up(contender)
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            samples[name].append(contender(seconds))
    return samples


def warm_up(contender: Contender) -> None:
    """Every thread of every process has then a connection, and its templates."""
    requests, until = 0, time.monotonic() + MOST_SECONDS_TO_WARM_UP
    while requests < REQUESTS_TO_WARM_UP and time.monotonic() < until:
        requests += contender(1).load.requests


def cpu(samples: Samples) -> float:
    return median(sample.cpu for sample in samples)


def rate(samples: Samples) -> float:
    return median(sample.rate for sample in samples)


def tail(samples: Samples) -> float:
    """How many times its median the slowest hundredth takes."""
    return median(sample.load.p99 / sample.load.p50 for sample in samples)


def ratio(samples: Samples, others: Samples, of: Callable[[Sample], float]) -> float:
    """The median of what each round says by itself: its two halves met the same noise."""
    return median(of(one) / of(other) for one, other in zip(samples, others, strict=True))


def cpu_ratio(samples: Samples, others: Samples) -> float:
    return ratio(samples, others, lambda sample: sample.cpu)


def rate_ratio(samples: Samples, others: Samples) -> float:
    return ratio(samples, others, lambda sample: sample.rate)
