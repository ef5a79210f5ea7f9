"""What the outbox has to be told of a kind of delivery."""

import enum
import random
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic

from django.utils.functional import Promise

from calendars.outbox.delivery import LONGEST_PAUSE, D, DeliveryQuerySet


class Undeliverable(Exception):
    """No try can hand the delivery over. The text says why, for its owner."""


class Trouble(enum.Enum):
    """What a try in vain says of the tries to come."""

    PASSING = enum.auto()
    # Not this delivery's fault: the next one of its kind would fare no better at the moment.
    SERVER = enum.auto()
    # Another try is of no use, unless somebody mends things meanwhile.
    DOUBTFUL = enum.auto()
    FINAL = enum.auto()


@dataclass(frozen=True)
class Tries:
    """How often a delivery is tried before it fails, with pauses that double up to an hour."""

    most: int
    # If every answer is the same doubtful one.
    most_doubtful: int
    first_pause: timedelta

    def pause_after(self, tries: int) -> timedelta:
        """With some chance in it: what failed together should not come back together."""
        pause = min(self.first_pause * (1 << tries - 1), LONGEST_PAUSE)
        return pause * random.uniform(0.9, 1.1)  # noqa: S311


class Kind(ABC, Generic[D]):
    """One kind of delivery: how it is handed over, how long it is tried, when it is untrue.

    Each may be handed over twice, when a worker dies at the wrong moment or an answer is lost. So
    a kind says in its docstring what the other side sees then.
    """

    # As messages to operators begin: "An email".
    one: str
    tries: Tries
    # Why it failed, for its owner.
    too_late: str | Promise
    deadly: str | Promise

    @abstractmethod
    def deliveries(self) -> DeliveryQuerySet[D]:
        """Return all rows of this kind."""

    @abstractmethod
    def facts(self) -> DeliveryQuerySet[D]:
        """Return the same rows, with all that a hand-over has to know selected along."""

    @abstractmethod
    def describe(self, delivery: D) -> str:
        """Return which one it is, for the log: no secrets, and no query."""

    @abstractmethod
    def is_untrue(self, delivery: D, *, now: datetime) -> bool:
        """Return whether it would tell what is not so any more: then it is dropped."""

    @abstractmethod
    def hand_over(self, delivery: D, *, until: float) -> None:
        """Do it, by `until` of the monotonic clock; raise whatever goes wrong."""

    @abstractmethod
    def trouble_of(self, error: Exception) -> Trouble:
        """Return what an error of `hand_over` means for the next try."""

    @abstractmethod
    def in_words(self, error: Exception) -> str:
        """Return what went wrong, for the owner: nothing of the delivery itself, no secrets."""

    def get_ready(self) -> None:
        """Called before a lease is taken: what is late here costs no try."""

    def rest(self) -> None:
        """Called when nothing is due: lets go of connections."""
