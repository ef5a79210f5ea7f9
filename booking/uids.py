"""Names of calendar entries and emails that rise with time.

In an index of very many, each stands beside the one before: a random one would have the database
fetch, and write, another part of the index for every booking and email.
"""

import secrets
import time
from uuid import UUID


def milliseconds() -> int:
    """Since 1970."""
    return time.time_ns() // 1_000_000


def make_uid() -> UUID:
    """Of version 7 (RFC 9562): milliseconds since 1970, and 74 random bits.

    Python's own is in `uuid` from 3.14 on.
    """
    version, variant = 7 << 76, 2 << 62
    chance = secrets.randbits(12) << 64 | secrets.randbits(62)
    return UUID(int=milliseconds() << 80 | version | chance | variant)
