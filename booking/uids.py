"""Unique ids of calendar entries and emails, which rise with time.

In a large index each id stands beside the one before. With random ids, the database would read and
write another part of the index for every booking and email.
"""

import secrets
import time
from uuid import UUID


def milliseconds() -> int:
    """Return the milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def make_uid() -> UUID:
    """Return a UUID of version 7 (RFC 9562): milliseconds since 1970, and 74 random bits.

    From 3.14 on, Python has this function in `uuid`.
    """
    version, variant = 7 << 76, 2 << 62
    chance = secrets.randbits(12) << 64 | secrets.randbits(62)
    return UUID(int=milliseconds() << 80 | version | chance | variant)
