"""Clients who keep booking until they are told the result, while servers are killed."""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from http.client import HTTPException
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from django.core.management import call_command
from django.db import connection
from django.db.models import Exists, OuterRef
from django.urls import resolve
from django.utils import timezone
from environ import Env

from booking.models import Booking, Mail, Party
from booking.upkeep.invariants import examine
from calendars.models import Calendar, Occasion
from onetime_links.models import OneTimeLink
from tests.support.races.volley import Answer, get, post
from tests.support.servers.installation import Server
from tests.support.world.factories import CalendarFactory

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
EVERY_DAY = [(weekday, 0, 24 * 60) for weekday in range(7)]
# Seconds for which a client goes on sending the same form: no outage here lasts as long.
PERSISTENCE = 90
CONFIRMED, TAKEN = 303, 409
# Seconds within which a client is told to try again. A busy machine may take twice as long.
PROMPTLY = 5


@dataclass
class Record:
    """What the clients saw. `shown` maps a booking's nonce to the token that its client was given.

    `lost` counts requests without an answer. `refused` counts answers of 503, and the slowest of
    them took `slowest` seconds. `recovered` counts bookings that their client saw only after a
    lost request or a 503.
    """

    requests: int = 0
    lost: int = 0
    refused: int = 0
    slowest: float = 0
    recovered: int = 0
    taken: int = 0
    shown: dict[str, str] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)


class Crowd:
    """A number of clients who book at the same time, each at one address after the other."""

    def __init__(
        self, server: Server, addresses: Sequence[str], slots: Sequence[datetime], *, clients: int
    ) -> None:
        self.server = server
        self.addresses = iter(addresses)
        self.slots = slots
        self.clients = clients
        self.record = Record()
        self._counting = threading.Lock()
        self._enough = threading.Event()

    @contextmanager
    def booking(self) -> Iterator[Record]:
        """Let the clients book during the block; at its end, each finishes what it has begun."""
        with ThreadPoolExecutor(self.clients) as pool:
            clients = [pool.submit(self._book_on) for _ in range(self.clients)]
            try:
                yield self.record
            finally:
                self._enough.set()
        for client in clients:
            client.result()

    def wait_for_bookings(self, number: int) -> None:
        """Wait until `number` more bookings are confirmed, so that a kill hits clients at work."""
        wanted = len(self.record.shown) + number
        deadline = time.monotonic() + PERSISTENCE
        while len(self.record.shown) < wanted:
            if time.monotonic() > deadline:
                raise TimeoutError("The clients get no bookings any more.")
            time.sleep(0.01)

    def _book_on(self) -> None:
        while not self._enough.is_set():
            with self._counting:
                address = next(self.addresses, None)
            if address is None:
                self._note("There are not enough addresses to go on.")
                return
            self._book_at(address)

    def _book_at(self, address: str) -> None:
        """Book any free time at the address; after a taken one try another, as a person would."""
        while True:
            slot = random.choice(self.slots)
            page = self._until_answered(partial(self._open, page_url(address, slot)))
            if page is None:
                return
            if page.status != 200:
                self._note(f"A page was answered with {page.status}.")
                return
            fields = {**hidden_fields(page), "name": "Cleo", "email": "cleo@example.com"}
            if "nonce" not in fields:
                self._count(taken=1)
                continue
            answer = self._send(f"{address}bookings/", fields)
            if answer is None or answer.status != TAKEN:
                return
            self._count(taken=1)

    def _open(self, address: str) -> Answer:
        return get(self.server, address)()

    def _send(self, action: str, fields: Mapping[str, str]) -> Answer | None:
        """Send the form until an answer decides, and return the last answer."""
        nonce = fields["nonce"].split(":")[0]
        tries = count(1)

        def send() -> Answer:
            next(tries)
            answer = post(self.server, action, fields)()
            if answer.status == 503 and hidden_fields(answer) != fields:
                self._note("A page to try again has lost something that was typed.")
            return answer

        answer = self._until_answered(send)
        if answer is None:
            return None
        if answer.status == CONFIRMED:
            self._count(recovered=int(next(tries) > 2))
            self._show(nonce, answer)
            if random.random() < 0.1 and (again := self._until_answered(send)):
                self._show(nonce, again)
        elif answer.status != TAKEN:
            self._note(f"A form was answered with {answer.status}.")
        return answer

    def _show(self, nonce: str, answer: Answer) -> None:
        """Note the booking that the form's client was led to: it must always be the same one."""
        token = resolve(urlsplit(answer.headers["Location"]).path).kwargs["token"]
        with self._counting:
            if self.record.shown.setdefault(nonce, token) != token:
                self.record.violations.append("A form was shown two bookings.")

    def _until_answered(self, request: Callable[[], Answer]) -> Answer | None:
        """Repeat the request until its answer is not a 503, and return that answer."""
        deadline = time.monotonic() + PERSISTENCE
        while time.monotonic() < deadline:
            try:
                answer = request()
            except (OSError, HTTPException):
                self._count(requests=1, lost=1)
            else:
                if answer.status != 503:
                    self._count(requests=1)
                    return answer
                self._count(requests=1, refused=1)
                self._time(answer.seconds)
            time.sleep(0.1)
        self._note("A client got no answer for a minute and a half.")
        return None

    def _count(self, **numbers: int) -> None:
        with self._counting:
            for name, number in numbers.items():
                setattr(self.record, name, getattr(self.record, name) + number)

    def _time(self, seconds: float) -> None:
        with self._counting:
            self.record.slowest = max(self.record.slowest, seconds)

    def _note(self, violation: str) -> None:
        with self._counting:
            self.record.violations.append(violation)


def page_url(address: str, slot: datetime) -> str:
    return f"{address}?at={slot.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def hidden_fields(page: Answer) -> dict[str, str]:
    return {name: unescape(value) for name, value in HIDDEN.findall(page.body)}


def make_places(*, calendars: int, links: int) -> list[str]:
    """Return the addresses of `links` one-time links, mixed with those of public pages."""
    made = [
        CalendarFactory.create(
            time_zone="UTC", hours=EVERY_DAY, duration_minutes=15, booking_window_days=60
        )
        for _ in range(calendars)
    ]
    OneTimeLink.objects.bulk_create(
        OneTimeLink(calendar=made[number % calendars]) for number in range(links)
    )
    tokens = OneTimeLink.objects.values_list("token", flat=True)
    return [place for token in tokens for place in _places(token, random.choice(made))]


def _places(token: str, calendar: Calendar) -> list[str]:
    public = [f"/book/{calendar.slug}/"] if random.random() < 0.25 else []
    return [f"/l/{token}/", *public]


def free_slots(days: int = 50) -> list[datetime]:
    """Return every quarter of an hour from the day after tomorrow on, for `days` days."""
    start = (timezone.now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    return [start + timedelta(minutes=15 * number) for number in range(days * 24 * 4)]


def violations_of(record: Record) -> list[str]:
    """Return the promises that were not kept, according to the clients and to the database."""
    made = dict(Booking.objects.values_list("nonce", "manage_token"))
    wrong = Counter(record.violations)
    wrong["Bookings that a client was shown are not there."] += sum(
        made.get(nonce) != token for nonce, token in record.shown.items()
    )
    # Each client went on until it knew the result, so no booking may be unknown to its client.
    wrong["Bookings were made that their client was not shown."] += len(made.keys() - record.shown)
    wrong["There is more than one booking for a form."] += Booking.objects.count() - len(made)
    wrong["A booking has not all of its emails."] += sum(map(_untold, Party))
    return [f"{text} ({number})" for text, number in wrong.items() if number] + list(examine())


def _untold(party: Party) -> int:
    """Return the number of bookings that lack an email which `party` is to get."""
    told = Mail.objects.filter(occasion=Occasion.BOOKED, recipient=party, booking=OuterRef("pk"))
    untold = Booking.objects.filter(~Exists(told)).select_related("calendar")
    wishes = (getattr(booking.calendar, f"{party}_mails") for booking in untold)
    return sum(Occasion.BOOKED in wished for wished in wishes)


def workers_of(server: Server) -> list[int]:
    """Return the ids of the living workers: a killed one stays a child until gunicorn reaps it."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
    return [int(pid) for pid in children.split() if _lives(pid)]


def _lives(pid: str) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@contextmanager
def database_at(url: str) -> Iterator[None]:
    """Let the ORM use the empty database at `url`, of the same kind, during the block."""
    settings, before = connection.settings_dict, dict(connection.settings_dict)
    connection.close()
    address = Env.db_url_config(url)
    settings.update({name: address[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connection.close()
        settings.update(before)
