"""Limits count for all processes together, cost one statement, and forget in time."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import connection
from limits import parse_many

from calendars.errors import TooOften
from calendars.models import Tally
from calendars.throttling import tallies, throttle
from calendars.throttling.throttle import count, forget, tidy
from tests.support.database.queries import counted_queries
from tests.support.races.processes import race

pytestmark = pytest.mark.django_db
PARTY = "olive@example.com 192.0.2.7"


@pytest.fixture(autouse=True)
def limits(settings: Any) -> dict[str, list]:
    limits = settings.LIMITS = {
        "sign_ins": parse_many("3 per 15 minutes; 5 per day"),
        "sign_ins_per_address": parse_many("4 per hour"),
        "unhurried": parse_many("3 per 15 minutes"),
        "unlimited": [],
    }
    return limits


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 11, 22, 12, 0, tzinfo=UTC), tick=False) as traveller:
        yield traveller


def tries(number: int, **parties: str) -> list[str]:
    return [_try(parties) for _ in range(number)]


def _try(parties: dict[str, str]) -> str:
    try:
        count(**parties)
    except TooOften as refusal:
        return refusal.wait
    return "ok"


def test_limit_lets_as_many_through_as_it_says() -> None:
    assert tries(5, sign_ins=PARTY) == ["ok"] * 3 + ["15 minutes"] * 2
    assert tries(1, sign_ins="sam@example.com 192.0.2.7") == ["ok"]


def test_window_begins_with_the_first_try_and_ends_in_time(clock: time_machine.Traveller) -> None:
    tries(3, sign_ins=PARTY)
    clock.shift(15 * 60 - 1)
    assert tries(1, sign_ins=PARTY) == ["1 minute"]
    clock.shift(1)
    assert tries(1, sign_ins=PARTY) == ["ok"]
    # The five tries of the day are used up, because the refused one counted too.
    assert tries(1, sign_ins=PARTY) == ["24 hours"]


def test_clock_that_is_set_back_makes_no_window_longer(clock: time_machine.Traveller) -> None:
    assert tries(4, unhurried=PARTY) == ["ok"] * 3 + ["15 minutes"]
    clock.shift(-24 * 60 * 60)
    # What the process remembers is of a later time, so it asks the database.
    assert tries(1, unhurried=PARTY) == ["15 minutes"]
    clock.shift(15 * 60 - 1)
    assert tries(1, unhurried=PARTY) == ["1 minute"]
    clock.shift(1)
    assert tries(1, unhurried=PARTY) == ["ok"]


def test_refusal_waits_for_the_last_of_several_limits() -> None:
    assert tries(5, sign_ins_per_address="192.0.2.7")[-1] == "60 minutes"
    forgotten = {"sign_ins": PARTY, "sign_ins_per_address": "192.0.2.7"}
    assert tries(1, **forgotten) == ["60 minutes"]


def test_no_limit_refuses_nobody_and_costs_nothing() -> None:
    with counted_queries() as statements:
        assert tries(100, unlimited=PARTY) == ["ok"] * 100
    assert statements == []


def test_one_statement_counts_for_everything() -> None:
    with counted_queries() as statements:
        count(sign_ins=PARTY, sign_ins_per_address="192.0.2.7")
    assert len(statements) == 1
    assert Tally.objects.count() == 3


def test_flood_is_refused_without_a_query_and_looked_at_again(
    clock: time_machine.Traveller,
) -> None:
    tries(4, sign_ins=PARTY)
    with counted_queries() as statements:
        assert tries(100, sign_ins=PARTY) == ["15 minutes"] * 100
    assert statements == []
    Tally.objects.all().delete()
    clock.shift(throttle.SECONDS_REMEMBERED)
    assert tries(1, sign_ins=PARTY) == ["ok"]


def test_refusals_of_several_parties_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a flood from many addresses, each refused one costs no query."""
    parties = [f"{number}@example.com 192.0.2.7" for number in range(3)]
    for party in parties[:2]:
        tries(4, sign_ins=party)
    with counted_queries() as statements:
        assert {tries(1, sign_ins=party)[0] for party in parties[:2]} == {"15 minutes"}
    assert statements == []
    # The memory is bounded: when it is full, it begins anew.
    monkeypatch.setattr(throttle, "MOST_REMEMBERED", 2)
    tries(4, sign_ins=parties[2])
    assert len(throttle.REMEMBERED) == 1
    with counted_queries() as statements:
        assert tries(1, sign_ins=parties[0]) == ["15 minutes"]
    assert len(statements) >= 1


def test_what_is_forgotten_begins_anew() -> None:
    tries(2, sign_ins=PARTY, sign_ins_per_address="192.0.2.7")
    forget(sign_ins=PARTY)
    assert tries(3, sign_ins=PARTY) == ["ok"] * 3
    assert tries(3, sign_ins_per_address="192.0.2.7") == ["ok", "ok", "60 minutes"]


def test_no_address_and_no_email_is_kept(settings: Any) -> None:
    count(sign_ins=PARTY)
    kept = set(Tally.objects.values_list("key", flat=True))
    assert not [key for key in kept if not set(key) <= set("0123456789abcdef")]
    # Nobody can find the parties by trying all addresses without the secret key.
    settings.SECRET_KEY = "another installation's, of more than 32 characters"
    count(sign_ins=PARTY)
    assert Tally.objects.count() == 2 * len(kept)


def test_what_is_over_is_deleted_in_portions(clock: time_machine.Traveller) -> None:
    Tally.objects.bulk_create(
        Tally(key=f"{number}", hits=1, ends_at=int(time.time())) for number in range(1100)
    )
    count(sign_ins=PARTY)
    tidy()
    assert Tally.objects.count() == 102
    tidy()
    assert Tally.objects.count() == 2


def test_counts_need_not_wait_for_the_disk_of_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no such tables.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'calendars_tally'")
        assert cursor.fetchone() == ("u",)


@pytest.mark.django_db(transaction=True)
def test_bookings_wait_for_the_disk_of_sqlite_after_a_count() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("The table is not logged.")
    count(sign_ins=PARTY)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone() == (2,)


# Concurrent tries


def ways_through() -> int:
    """Return how many of twelve processes get through a limit of five."""
    one = partial(count, sign_ins=PARTY, sign_ins_per_address="192.0.2.7")
    other = partial(count, sign_ins_per_address="192.0.2.7", sign_ins=PARTY)
    outcomes = race([one, other] * 6)
    assert set(outcomes) <= {"ok", "TooOften"}
    return outcomes.count("ok")


@pytest.mark.django_db(transaction=True)
def test_processes_count_together(limits: dict[str, list], monkeypatch: pytest.MonkeyPatch) -> None:
    limits.update(dict.fromkeys(limits, parse_many("5 per hour; 7 per day")))
    assert ways_through() == 5


@pytest.mark.django_db(transaction=True)
def test_control_reading_before_writing_lets_more_through(
    limits: dict[str, list], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_and_write(self: Any, windows: dict[str, int], amount: int = 1) -> dict[str, int]:
        hits = {key: self.get(key) + 1 for key in windows}
        time.sleep(0.2)
        for key, number in hits.items():
            row = {"hits": number, "ends_at": int(time.time()) + windows[key]}
            Tally.objects.update_or_create(key=tallies._hash(key), defaults=row)
        return hits

    limits.update(dict.fromkeys(limits, parse_many("5 per hour")))
    monkeypatch.setattr(tallies.Tallies, "add", read_and_write)
    assert ways_through() > 5
