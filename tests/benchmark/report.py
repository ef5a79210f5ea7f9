"""The rows of the table that `make bench` prints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.benchmark.rounds import Ratio

NOT_MEASURED = "NOT MEASURED"
COLUMNS = ("what", "must", "aim", "figure", "verdict", "note")


@dataclass(frozen=True)
class Bound:
    """The limit that a figure must keep and the one it aims at: upper, or lower if `at_least`."""

    must: float
    aim: float
    unit: str = ""
    at_least: bool = False

    def verdict(self, figure: float) -> str:
        if self._holds(figure, self.aim):
            return "reaches the aim"
        return "good" if self._holds(figure, self.must) else "MISSED"

    def text(self, value: float) -> str:
        return f"{value:.3g}{self.unit}"

    def _holds(self, figure: float, bound: float) -> bool:
        return figure >= bound if self.at_least else figure <= bound


@dataclass(frozen=True)
class ReportRow:
    what: str
    must: str
    aim: str
    figure: str
    verdict: str
    note: str = ""


def judged(what: str, figure: float, bound: Bound, note: str = "") -> ReportRow:
    way = "at least" if bound.at_least else "at most"
    return ReportRow(
        what=what,
        must=f"{way} {bound.text(bound.must)}",
        aim=bound.text(bound.aim),
        figure=bound.text(figure),
        verdict=bound.verdict(figure),
        note=note,
    )


def compared(what: str, ratio: Ratio, bound: Bound, note: str = "") -> ReportRow:
    """Judge by the worse of the ratio's two figures, so that both keep the bound."""
    figure = ratio.least if bound.at_least else ratio.most
    return judged(what, figure, bound, "; ".join(filter(None, (note, ratio.spread))))


def plain(what: str, holds: bool, *, must: str, figure: str, note: str = "") -> ReportRow:
    """Return a row about something that either holds or does not."""
    return ReportRow(what, must, must, figure, "good" if holds else "MISSED", note)


def broken(what: str, reason: str) -> ReportRow:
    return ReportRow(what, "", "", "", NOT_MEASURED, reason)


def table(rows: Sequence[ReportRow]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"|{' --- |' * len(COLUMNS)}"
    for row in rows:
        cells = (getattr(row, name).replace("|", "/").replace("\n", " ") for name in COLUMNS)
        yield f"| {' | '.join(cells)} |"
