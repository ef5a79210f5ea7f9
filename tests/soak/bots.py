"""Thousands of bots from a few addresses: what they book and find out, and what it costs."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from statistics import median

from django.urls import reverse

from booking.models import Booking
from booking.upkeep.invariants import examine
from calendars.models import Calendar, Tally
from tests.soak.arena import (
    CLEO,
    differs,
    form_on,
    instant,
    make_calendar,
    make_links,
    noon,
    page_of,
)
from tests.soak.stage import CaseRow, Stage
from tests.support.races.volley import Answer, get, post
from tests.support.servers.installation import Server

CLIENTS = 4
ADDRESSES = 4
LIMIT, GUESSES = 100, 60
# The default limits of Quantix behind one proxy, set here because tests lift all limits.
SETTINGS = {
    "TRUSTED_PROXY_HOPS": "1",
    "LIMIT_BOOKINGS_PER_ADDRESS": f"{LIMIT} per hour; 300 per day",
    "LIMIT_UNKNOWN_TOKENS_PER_ADDRESS": f"{GUESSES} per 10 minutes",
}


def play(stage: Stage) -> Iterator[CaseRow]:
    bots = 500 if stage.quick else 4000
    with stage.server(workers=4, **SETTINGS) as server:
        calendar = make_calendar(duration_minutes=5, booking_window_days=30)
        yield book(server, calendar, bots)
        yield fall_into_the_trap(server, calendar, bots // 10)
        yield guess(server, calendar, bots)
    yield CaseRow("the database afterwards", violations=list(examine()))


def book(server: Server, calendar: Calendar, bots: int) -> CaseRow:
    """Let each bot open the form, leave the trap empty, and ask for a slot of its own."""
    answers = crowd([partial(one_bot, server, calendar, number) for number in range(bots)])
    statuses = Counter(answer.status for answer in answers)
    allowed = ADDRESSES * LIMIT
    return CaseRow(
        "smart bots book no more than the limit",
        clients=CLIENTS,
        requests=2 * bots,
        violations=[
            *differs("answers", dict(statuses), {303: allowed, 429: bots - allowed}),
            *differs("bookings", Booking.objects.count(), allowed),
            *differs("tallies", Tally.objects.count(), 2 * ADDRESSES),
        ],
        note=f"{Booking.objects.count()} bookings; {speed(answers, 303)}; {speed(answers, 429)}",
    )


def one_bot(server: Server, calendar: Calendar, number: int, **fields: str) -> Answer:
    slot = instant(noon() + timedelta(minutes=5 * number))
    form = form_on(get(server, f"{page_of(calendar)}?at={slot}")())
    # The proxy adds the real address at the right; the bot invents those to its left.
    address = {"X-Forwarded-For": f"203.0.113.{number % 250}, {bot_address(number)}"}
    return post(server, form.action, {**CLEO, **form.hidden, **fields}, address)()


def bot_address(number: int) -> str:
    return f"192.0.2.{number % ADDRESSES}"


def fall_into_the_trap(server: Server, calendar: Calendar, bots: int) -> CaseRow:
    """Let dumb bots fill in every field, from addresses that may still book."""
    before = Booking.objects.count()
    spread = [partial(dumb_bot, server, calendar, number) for number in range(bots)]
    statuses = Counter(answer.status for answer in crowd(spread))
    return CaseRow(
        "dumb bots book nothing",
        clients=CLIENTS,
        requests=2 * bots,
        violations=[
            *differs("answers", dict(statuses), {422: bots}),
            *differs("bookings", Booking.objects.count() - before, 0),
        ],
    )


def dumb_bot(server: Server, calendar: Calendar, number: int) -> Answer:
    slot = instant(noon() + timedelta(days=20, minutes=5 * number))
    form = form_on(get(server, f"{page_of(calendar)}?at={slot}")())
    fields = {**CLEO, **form.hidden, "message": "Buy now"}
    return post(server, form.action, fields, {"X-Forwarded-For": f"198.51.100.{number % 250}"})()


def guess(server: Server, calendar: Calendar, bots: int) -> CaseRow:
    """Guess tokens that do not exist from one address, which can still open a real link."""
    [link] = make_links(calendar, 1)
    pages = [reverse("booking:one_time_page", args=[f"{number:022}"]) for number in range(bots)]
    answers = crowd([partial(fetch, server, page) for page in pages])
    statuses = Counter(answer.status for answer in answers)
    known = fetch(server, link.get_absolute_url())
    return CaseRow(
        "guesses of tokens are refused, and a real link opens",
        clients=CLIENTS,
        requests=bots + 1,
        violations=[
            *differs("answers", dict(statuses), {404: GUESSES, 429: bots - GUESSES}),
            *differs("the real link", known.status, 200),
        ],
        note=f"{speed(answers, 404)}; {speed(answers, 429)}",
    )


def fetch(server: Server, path: str) -> Answer:
    return get(server, path)()


def crowd(requests: Sequence[Callable[[], Answer]]) -> list[Answer]:
    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(lambda request: request(), requests))


def speed(answers: Sequence[Answer], status: int) -> str:
    times = [answer.seconds for answer in answers if answer.status == status]
    return f"{status} in {1000 * median(times):.0f} ms" if times else f"no {status}"
