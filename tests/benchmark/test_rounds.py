from collections.abc import Sequence

from tests.benchmark.load import Load
from tests.benchmark.report import Bound, compared
from tests.benchmark.rounds import Sample, cpu_ratio, rate_ratio, unsteadiness

TIMES = Bound(1.5, 1, " times")
OF_THAT = Bound(0.7, 1, " of that", at_least=True)


def samples(*times: int) -> Sequence[Sample]:
    loads = [Load(requests=1000 // each, seconds=1, bytes=0, p50=1, p99=2) for each in times]
    return [Sample(load, each, 0) for load, each in zip(loads, times, strict=True)]


def test_worse_of_two_figures_is_judged() -> None:
    """A row is judged by most rounds or by the medians of all, whichever is worse."""
    for ours, theirs in (
        (samples(2, 4, 1), samples(1, 2, 4)),
        (samples(1, 2, 4), samples(1, 1, 5)),
    ):
        slower = compared("cost", cpu_ratio(ours, theirs), TIMES, "note")
        assert (slower.figure, slower.verdict) == ("2 times", "MISSED")
        fewer = compared("rate", rate_ratio(ours, theirs), OF_THAT)
        assert (fewer.figure, fewer.verdict) == ("0.5 of that", "MISSED")
    assert slower.note == "note; rounds 0.8 to 2"


def test_unsteadiness_is_a_part_of_the_median() -> None:
    assert unsteadiness(samples(10, 9, 12)) == 0.3
