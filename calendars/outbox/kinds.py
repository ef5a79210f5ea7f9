"""What the outbox needs to know about a kind of delivery."""

import enum
import random
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic

from django.utils.functional import Promise

from calendars.models.delivery import LONGEST_PAUSE, D, DeliveryQuerySet


class Undeliverable(Exception):
    """No try can hand the delivery over. Its text tells the owner why."""


class Trouble(enum.Enum):
    """What a failed try says about the next ones."""

    PASSING = enum.auto()
    # The server is at fault: the next delivery of this kind would fail too.
    SERVER = enum.auto()
    # Another try is of no use, unless somebody repairs something meanwhile.
    DOUBTFUL = enum.auto()
    FINAL = enum.auto()


@dataclass(frozen=True)
class Tries:
    """How often a delivery is tried before it fails, with pauses that double up to an hour."""

    most: int
    # The limit if every reply is the same doubtful one.
    most_doubtful: int
    first_pause: timedelta

    def pause_after(self, tries: int) -> timedelta:
        """Return the pause after that many tries, varied by up to a tenth.

        Deliveries that failed together should not all come back at the same moment.
        """
        pause = min(self.first_pause * (1 << tries - 1), LONGEST_PAUSE)
        return pause * random.uniform(0.9, 1.1)  # noqa: S311


class Kind(ABC, Generic[D]):
    """One kind of delivery: how it is handed over, how long it is tried, when it is untrue.

    A delivery may be handed over twice, if a worker dies at the wrong moment or a reply is lost. A
    subclass says in its docstring what the other side sees then.
    """

    # The kind with its article, to start a message to operators: "An email".
    one: str
    tries: Tries
    # Reasons of a failure, for the owner: it is too late, or workers died of it.
    too_late: str | Promise
    deadly: str | Promise

    @abstractmethod
    def deliveries(self) -> DeliveryQuerySet[D]:
        """Return all rows of this kind."""

    @abstractmethod
    def facts(self) -> DeliveryQuerySet[D]:
        """Return the same rows, with all related rows selected that a hand-over needs."""

    @abstractmethod
    def describe(self, delivery: D) -> str:
        """Return which delivery it is, for the log, without secrets and without a query."""

    @abstractmethod
    def is_untrue(self, delivery: D, *, now: datetime) -> bool:
        """Return whether it would tell what is no longer true, and so must be dropped."""

    def is_unconfirmed(self, delivery: D) -> bool:
        """Return whether it goes out in the name of an owner whose own address is not proven.

        Then it waits until they have confirmed it.
        """
        return False

    def count(self, delivery: D) -> None:
        """Count the delivery, before its first try, against the limits that it falls under.

        Raises TooOften: then it waits until the limit allows it.
        """

    @abstractmethod
    def hand_over(self, delivery: D, *, until: float) -> None:
        """Hand the delivery over before `until` (monotonic clock), or raise what goes wrong."""

    @abstractmethod
    def trouble_of(self, error: Exception) -> Trouble:
        """Return what an error of `hand_over` means for the next try."""

    @abstractmethod
    def in_words(self, error: Exception) -> str:
        """Return what went wrong, for the owner, without the delivery's contents and secrets."""

    def get_ready(self) -> None:
        """Prepare for a hand-over. Called before a lease is taken, so a delay here costs no try."""

    def rest(self) -> None:
        """Close connections. Called when nothing is due."""
