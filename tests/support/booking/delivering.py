"""Lets a worker deliver, in the test's own process."""

from collections.abc import Callable

from booking.delivery.postman import Postman
from booking.delivery.worker import Outcome, deliver_next
from tests.support.servers.smtp import Postbox

Spoil = Callable[[Postbox], None]


def deliver_all(postman: Postman) -> list[Outcome]:
    return list(iter(lambda: deliver_next(postman), None))


def at_recipient(answer: str) -> Spoil:
    """Has the server answer every recipient so."""
    return lambda postbox: setattr(postbox, "at_recipient", lambda address: answer)


def at_message(answer: str) -> Spoil:
    """Has the server answer every message so."""
    return lambda postbox: setattr(postbox, "at_message", lambda message: answer)
