"""The lists of owners who have very much: links, their search, and Calendar Settings."""

from collections.abc import Iterator, Sequence
from statistics import median

from django.urls import reverse

from onetime_links.queries import LinkFilter
from tests.benchmark.lab import Lab
from tests.benchmark.report import Bound, ReportRow, compared, judged
from tests.benchmark.rounds import Contender, cpu, cpu_ratio
from tests.benchmark.seed import FEW_LINKS_AT, HOLDERS, LISTER, MANY_LINKS_AT
from tests.benchmark.target import Target
from tests.benchmark.visits import browser, links_of, visit
from tests.support.database import plans

LINKS = Bound(1.5, 1.1, " times")
CALENDARS = Bound(1.2, 1.05, " times")
DATABASE_TIME = Bound(50, 10, " ms")
SETTINGS = reverse("calendars:settings")
# These are in every note, in every tenth, in a single one, in none, and too short for trigrams.
SEARCHES = ("", "cleo", "007777", "no such note", "zz")
# A page this large is answered a few dozen times a second, so a short round would tell little.
LONG_ROUNDS = {"rounds": 5, "seconds": 6}


def measure(lab: Lab) -> Iterator[ReportRow]:
    yield from _links(lab)
    if lab.is_postgresql:
        yield from _searches(lab)
    yield from _calendars(lab)


def _links(lab: Lab) -> Iterator[ReportRow]:
    target = lab.large.target
    few, many = (
        signed_in(target, LISTER, links_of(calendar)) for calendar in (FEW_LINKS_AT, MANY_LINKS_AT)
    )
    samples = lab.in_turn({"few": few, "many": many}, **LONG_ROUNDS)
    figure = cpu_ratio(samples["many"], samples["few"])
    what = f"list of {lab.large.size.links:,} links, beside one of 30"
    note = f"{cpu(samples['many']):.2f} and {cpu(samples['few']):.2f} ms"
    yield compared(what, figure, LINKS, note)


def _searches(lab: Lab) -> Iterator[ReportRow]:
    """Time each search with the filter with which it takes longest."""
    lab.large  # noqa: B018  fills the database
    client, path = browser(LISTER), links_of(MANY_LINKS_AT)
    asked = {
        (text, show): visit(client, f"{path}?show={show}&q={text}")[1]
        for text in SEARCHES
        for show in LinkFilter
    }
    rounds = [{key: _database_time(each) for key, each in asked.items()} for _ in range(3)]
    times = {key: median(each[key] for each in rounds) for key in asked}
    for text in SEARCHES:
        slowest = max(LinkFilter, key=lambda show: times[text, show])
        what = f"links searched: {text}" if text else "links filtered"
        note = f"of {len(LinkFilter)} filters: {slowest}; {len(asked[text, slowest])} queries"
        yield judged(what, times[text, slowest], DATABASE_TIME, note)


def _database_time(statements: Sequence[str]) -> float:
    """Return the milliseconds that all queries of a page take together."""
    return sum(plans.milliseconds(plans.explain(sql, run=True)) for sql in statements)


def _calendars(lab: Lab) -> Iterator[ReportRow]:
    target, few, many = lab.large.target, min(HOLDERS), max(HOLDERS)
    samples = lab.in_turn(
        {"few": signed_in(target, few, SETTINGS), "many": signed_in(target, many, SETTINGS)},
        **LONG_ROUNDS,
    )
    what = f"Calendar Settings of {HOLDERS[many]:,} calendars, beside {HOLDERS[few]}"
    note = f"{cpu(samples['many']):.2f} and {cpu(samples['few']):.2f} ms"
    yield compared(what, cpu_ratio(samples["many"], samples["few"]), CALENDARS, note)


def signed_in(target: Target, owner: int, path: str) -> Contender:
    """Return one client who opens the owner's page over and over.

    Chance would spread eight clients over the two processes, four each or eight on one. Such a
    large page costs twice as much with eight, because the threads of a process wait for each other.
    """
    session = browser(owner).cookies["sessionid"].value
    return target.get([f"GET {path}"], 1, Cookie=f"sessionid={session}")
