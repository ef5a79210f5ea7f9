"""Helpers that run a worker's delivery in the test's own process."""

from collections.abc import Callable
from typing import Any

from calendars.outbox.handover import Outcome, deliver_next
from calendars.outbox.kinds import Kind
from tests.support.servers.smtp import Postbox

Spoil = Callable[[Postbox], None]


def deliver_all(kind: Kind[Any]) -> list[Outcome]:
    return list(iter(lambda: deliver_next(kind), None))


def at_recipient(answer: str) -> Spoil:
    """Make the server give every recipient this answer."""
    return lambda postbox: setattr(postbox, "at_recipient", lambda address: answer)


def at_message(answer: str) -> Spoil:
    """Make the server give every message this answer."""
    return lambda postbox: setattr(postbox, "at_message", lambda message: answer)
