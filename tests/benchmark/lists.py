"""What owners with very much feel: the list of links, its search, and Calendar Settings."""

from collections.abc import Iterator
from statistics import median

from django.test import Client
from django.urls import reverse

from calendars.models import Owner
from tests import plans
from tests.benchmark.lab import Lab
from tests.benchmark.report import Bound, Row, judged
from tests.benchmark.rounds import Contender, cpu, cpu_ratio
from tests.benchmark.seed import FEW_LINKS_AT, HOLDERS, LISTER, MANY_LINKS_AT, slug_of
from tests.benchmark.target import Target

LINKS = Bound(1.5, 1.1, " times")
CALENDARS = Bound(1.2, 1.05, " times")
DATABASE_TIME = Bound(50, 10, " ms")
SETTINGS = reverse("calendars:settings")
# A word in every tenth note, one in a single note, one in none, and what is too short for trigrams.
SEARCHES = ("cleo", "007777", "no such note", "zz")


def measure(lab: Lab) -> Iterator[Row]:
    yield from _links(lab)
    if lab.is_postgresql:
        yield from _searches(lab)
    yield from _calendars(lab)


def _links(lab: Lab) -> Iterator[Row]:
    target = lab.large.target
    few, many = (
        signed_in(target, LISTER, links_of(calendar)) for calendar in (FEW_LINKS_AT, MANY_LINKS_AT)
    )
    samples = lab.in_turn({"few": few, "many": many})
    figure = cpu_ratio(samples["many"], samples["few"])
    what = f"list of {lab.large.size.links:,} links, beside one of 30"
    note = f"{cpu(samples['many']):.2f} and {cpu(samples['few']):.2f} ms"
    yield judged(what, figure, LINKS, note)


def _searches(lab: Lab) -> Iterator[Row]:
    """In turn by what is searched for; all queries of the page together."""
    lab.large  # noqa: B018  fills the database
    client, path = browser(LISTER), links_of(MANY_LINKS_AT)
    for show in ("current", "expired", "all"):
        yield _database_time(f"links filtered: {show}", client, f"{path}?show={show}")
    for text in SEARCHES:
        yield _database_time(f"links searched: {text}", client, f"{path}?show=all&q={text}")


def _database_time(what: str, client: Client, path: str) -> Row:
    queries = plans.queries_of(client, path)
    times, scanned = [], set()
    for _ in range(3):
        explained = [plans.explain(sql, run=True) for sql in queries]
        times.append(sum(map(plans.milliseconds, explained)))
        scanned |= {table for plan in explained for table in plans.read_through(plan)}
    note = f"{len(queries)} queries; scanned from end to end: {', '.join(scanned) or 'nothing'}"
    return judged(what, median(times), DATABASE_TIME, note)


def _calendars(lab: Lab) -> Iterator[Row]:
    target, few, many = lab.large.target, min(HOLDERS), max(HOLDERS)
    samples = lab.in_turn(
        {"few": signed_in(target, few, SETTINGS), "many": signed_in(target, many, SETTINGS)}
    )
    what = f"Calendar Settings of {HOLDERS[many]:,} calendars, beside {HOLDERS[few]}"
    note = f"{cpu(samples['many']):.2f} and {cpu(samples['few']):.2f} ms"
    yield judged(what, cpu_ratio(samples["many"], samples["few"]), CALENDARS, note)


def links_of(calendar: int) -> str:
    return reverse("onetime_links:section", args=[slug_of(calendar)])


def browser(owner: int) -> Client:
    client = Client()
    client.force_login(Owner.objects.get(pk=owner))
    return client


def signed_in(target: Target, owner: int, path: str) -> Contender:
    """The owner, who opens a page over and over."""
    session = browser(owner).cookies["sessionid"].value
    return target.get([f"GET {path}"], Cookie=f"sessionid={session}")
