"""How often something may be done. The limits stand in `settings.LIMITS`, by name."""

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

# For a few seconds a process takes its own word for a refusal: of a flood, every request would
# otherwise write to the database. By key, until when it remembers and when the window ends.
REFUSALS: dict[str, tuple[float, float]] = {}
SECONDS_REMEMBERED = 10
MOST_REMEMBERED = 10_000


@dataclass(frozen=True)
class Count:
    """What one limit says of one party."""

    limit: RateLimitItem
    name: str
    party: str

    @property
    def key(self) -> str:
        return self.limit.key_for(self.name, self.party)


def count(**parties: str) -> None:
    """Counts one more for each of `parties`, who are named by their limit, in one statement.

        count(sign_ins=f"{email} {address}", sign_ins_per_address=address)

    Raises TooOften if one of the limits allows no more. Call it outside of transactions: in one
    that is taken back, whoever is refused would go uncounted.
    """
    counts = {each.key: each for each in _counts(parties)}
    if not counts:
        return
    _refuse_if_remembered(counts)
    # Not LIMITER.hit(), which takes one statement for each.
    hits = TALLIES.add({key: each.limit.get_expiry() for key, each in counts.items()})
    if full := [each for key, each in counts.items() if hits[key] > each.limit.amount]:
        _remember(full)
        _refuse_if_remembered(counts)


def forget(**parties: str) -> None:
    """Lets `parties` begin anew."""
    for each in _counts(parties):
        LIMITER.clear(each.limit, each.name, each.party)


def tidy() -> None:
    """Deletes what is over. For whoever counts and may spend a statement more."""
    TALLIES.tidy()


def _counts(parties: dict[str, str]) -> list[Count]:
    return [
        Count(limit, name, party)
        for name, party in parties.items()
        for limit in settings.LIMITS[name]
    ]


def _remember(full: Iterable[Count]) -> None:
    if len(REFUSALS) >= MOST_REMEMBERED:
        REFUSALS.clear()
    for each in full:
        ends_at = LIMITER.get_window_stats(each.limit, each.name, each.party).reset_time
        REFUSALS[each.key] = (time.time() + SECONDS_REMEMBERED, ends_at)


def _refuse_if_remembered(keys: Iterable[str]) -> None:
    now = time.time()
    remembered = [REFUSALS.get(key, (now, now)) for key in keys]
    if ends := [ends_at for until, ends_at in remembered if min(until, ends_at) > now]:
        raise TooOften(seconds=max(1, round(max(ends) - now)))
