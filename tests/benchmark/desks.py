"""Filled-in booking forms that are not sent yet, each with a link and a slot of its own."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from urllib.parse import urlencode

from booking.acts.nonces import make_nonce
from calendars.kit.tokens import make_token
from calendars.models import Calendar
from onetime_links.models import OneTimeLink
from tests.benchmark.bulk import fill
from tests.benchmark.seed import DESK_WINDOW, HALF_HOUR

# The slots lie far apart, because a form reads all bookings of its day: no day holds many.
DAYS = DESK_WINDOW - 10
FIRST_KEY = 100_000_000  # beyond the keys of existing links


class Desks:
    """A maker of forms for the calendars of the desks in the database `using`."""

    def __init__(self, using: str, *, now: datetime) -> None:
        self.using, self.now = using, now
        self.start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self.keys = count(FIRST_KEY)
        self.made: dict[int, int] = {}

    def forms(self, number: int, desks: Sequence[int]) -> list[str]:
        """Return lines for wrk; the desks take turns."""
        links = [
            OneTimeLink(pk=next(self.keys), calendar_id=desks[n % len(desks)], token=make_token())
            for n in range(number)
        ]
        fill(
            OneTimeLink,
            ["id", "calendar_id", "token"],
            ((link.pk, link.calendar_id, link.token) for link in links),
            using=self.using,
            created_at=self.start,
        )
        return list(self._filled_in(links))

    def _filled_in(self, links: Sequence[OneTimeLink]) -> Iterator[str]:
        for link in links:
            slot = self._next_slot(link.calendar_id)
            nonce = make_nonce(calendar=Calendar(pk=link.calendar_id), link=link, slot=slot)
            fields = {
                "name": "Cleo Client",
                "email": "cleo@example.com",
                "at": f"{slot:%Y-%m-%dT%H:%MZ}",
                "nonce": nonce,
            }
            yield f"POST /l/{link.token}/bookings/ {urlencode(fields)}"

    def _next_slot(self, desk: int) -> datetime:
        number = self.made.get(desk, 0)
        self.made[desk] = number + 1
        half_hour, day = divmod(number, DAYS)
        if half_hour >= 48:
            raise ValueError("This desk is booked up.")
        return self.start + timedelta(days=2 + day) + half_hour * HALF_HOUR
