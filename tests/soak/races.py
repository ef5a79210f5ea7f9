"""Races over HTTP: 60 clients who have the form open send it at one instant.

`make test` plays every case once (`tests/booking/acts/test_http_races.py`), `make soak` many times.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from booking.models import Booking
from booking.upkeep.invariants import examine
from tests.soak import race_cases as cases
from tests.soak.arena import Arena, NoForm, differs
from tests.soak.stage import CaseRow, Stage
from tests.support.servers.installation import Server

WORKERS = 4
ANSWERED_BY = "answered by"
# All clients come from one network address, and many use the same link.
NO_LIMITS = {"LIMIT_BOOKINGS_PER_ADDRESS": "", "LIMIT_BOOKINGS_PER_LINK": ""}
ROUNDS = 50
SECONDS_A_CASE = 60

CASES: Sequence[cases.Case] = (
    cases.one_link_for_many_slots,
    cases.many_links_for_one_slot,
    cases.same_form_ten_times,
    cases.revoke_against_book,
    cases.expiry_while_the_form_is_open,
    cases.pause_against_book,
    cases.delete_against_book,
    cases.hours_against_book,
    cases.zone_against_book,
    cases.rules_against_book,
    cases.time_off_against_book,
    cases.cap_of_the_day,
    cases.reschedules_against_book,
)


def play(stage: Stage) -> Iterator[CaseRow]:
    seconds, rounds = (0, 1) if stage.quick else (SECONDS_A_CASE, ROUNDS)
    with race_server(stage.server) as server:
        for case in CASES:
            yield repeat(server, case, seconds=seconds, rounds=rounds)
        workers = len(set(re.findall(f"{ANSWERED_BY} <(\\d+)>", server.log.read_text())))
    idle = [f"{workers} of {WORKERS} workers answered"] if workers < WORKERS else []
    yield CaseRow("all workers took part", violations=idle)
    bookings = Booking.objects.count()
    yield CaseRow(
        "the database afterwards", violations=list(examine()), note=f"{bookings} bookings"
    )


def race_server(start: Callable[..., Any]) -> AbstractContextManager[Server]:
    """Start several workers that log, for each answer, which of them gave it."""
    log = ("--access-logfile", "-", "--access-logformat", f"{ANSWERED_BY} %(p)s")
    server: AbstractContextManager[Server] = start(*log, workers=WORKERS, **NO_LIMITS)
    return server


def repeat(server: Server, case: cases.Case, *, seconds: float, rounds: int) -> CaseRow:
    """Play up to `rounds` rounds, but start none after `seconds` have passed."""
    until, played = time.monotonic() + seconds, 0
    arena, violations = Arena(server, seed=case.__name__), []
    while played < rounds and (not played or time.monotonic() < until):
        played += 1
        violations += [f"round {played}: {text}" for text in play_round(arena, case)]
    note = f"{played} rounds, slowest answer {arena.slowest:.1f} s"
    seen = (f"{what} {times}" for what, times in sorted(arena.seen.items()))
    return CaseRow(
        case=case.__name__.replace("_", " "),
        clients=cases.CLIENTS,
        requests=arena.requests,
        violations=violations,
        note="; ".join([note, *seen]),
    )


def play_round(arena: Arena, case: cases.Case) -> Iterator[str]:
    try:
        yield from case(arena)
    except NoForm as error:
        yield str(error)
    yield from differs("answers that are faults", dict(arena.faults), {})
    arena.faults.clear()
