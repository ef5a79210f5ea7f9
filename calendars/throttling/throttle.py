"""Counts what is limited and refuses what is too often, by the limits in `settings.LIMITS`."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from limits import RateLimitItem
from limits.strategies import FixedWindowRateLimiter

from calendars.errors import TooOften
from calendars.throttling.tallies import Tallies

TALLIES = Tallies()
LIMITER = FixedWindowRateLimiter(TALLIES)

# Refusals that this process remembers for a few seconds, because in a flood every request would
# write to the database otherwise. By key: until when to remember it, and when the window ends.
# Both are seconds since 1970.
REMEMBERED: dict[str, tuple[float, float]] = {}
SECONDS_REMEMBERED = 10
MOST_REMEMBERED = 10_000


@dataclass(frozen=True)
class Count:
    """One limit applied to one party; its key is that of the tally."""

    limit: RateLimitItem
    name: str
    party: str

    @property
    def key(self) -> str:
        return self.limit.key_for(self.name, self.party)


def count(**parties: str) -> None:
    """Count one more for each of `parties`, given by the name of their limit, in one statement.

        count(sign_ins=f"{email} {address}", sign_ins_per_address=address)

    Raises TooOften if one of the limits allows no more. Call it outside of transactions: a
    rollback after a refusal would take the count back.
    """
    counts = {each.key: each for each in _counts(parties)}
    if not counts:
        return
    _refuse_if_remembered(counts)
    # LIMITER.hit() would take one statement for each limit.
    hits = TALLIES.add({key: each.limit.get_expiry() for key, each in counts.items()})
    if full := [each for key, each in counts.items() if hits[key] > each.limit.amount]:
        _remember(full)
        _refuse_if_remembered(counts)


def forget(**parties: str) -> None:
    """Delete the counts of `parties`."""
    for each in _counts(parties):
        LIMITER.clear(each.limit, each.name, each.party)


def tidy() -> None:
    """Delete tallies whose window is over. Views call it after counting, at one more statement."""
    TALLIES.tidy()


def _counts(parties: dict[str, str]) -> list[Count]:
    return [
        Count(limit, name, party)
        for name, party in parties.items()
        for limit in settings.LIMITS[name]
    ]


def _remember(full: Iterable[Count]) -> None:
    if len(REMEMBERED) >= MOST_REMEMBERED:
        REMEMBERED.clear()
    for each in full:
        ends_at = LIMITER.get_window_stats(each.limit, each.name, each.party).reset_time
        REMEMBERED[each.key] = (time.time() + SECONDS_REMEMBERED, ends_at)


def _refuse_if_remembered(keys: Iterable[str]) -> None:
    now = time.time()
    remembered = [REMEMBERED.get(key, (now, now)) for key in keys]
    # What would be remembered for longer is of a time before the clock was set back.
    latest = now + SECONDS_REMEMBERED
    if ends := [
        ends_at for until, ends_at in remembered if min(until, ends_at) > now and until <= latest
    ]:
        raise TooOften(seconds=max(1, round(max(ends) - now)))
