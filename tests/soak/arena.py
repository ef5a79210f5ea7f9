"""A server, clients who have its booking form open, and the instant at which all send it."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils import timezone

from calendars.models import Calendar
from onetime_links.models import OneTimeLink
from tests.support.races.volley import Answer, Request, at_once, get, post
from tests.support.servers.installation import Server
from tests.support.world.factories import CalendarFactory, OneTimeLinkFactory

CLEO = {"name": "Cleo Client", "email": "cleo@example.com"}
EVERY_DAY = [(weekday, 0, 24 * 60) for weekday in range(7)]
Act = Callable[[], Any]


class Form(NamedTuple):
    """A form that is open in a client's browser: its action and its hidden fields."""

    action: str
    hidden: dict[str, str]


class NoForm(Exception):
    """A client could not even open the form, so there was no race."""


class Arena:
    """A server and its clients; `seen` counts how races ended, `faults` counts answers of 5xx."""

    def __init__(self, server: Server, seed: str) -> None:
        self.server = server
        self.random = random.Random(seed)
        self.requests = 0
        self.slowest = 0.0
        self.seen: Counter[str] = Counter()
        self.faults: Counter[int] = Counter()

    def open_forms(self, doors: Sequence[tuple[str, datetime]]) -> list[Form]:
        """Let every client open the form, each by an address and for a slot."""
        pages = self.all_at_once(
            [get(self.server, f"{address}?at={instant(slot)}") for address, slot in doors]
        )
        return [form_on(page) for page in pages]

    def send(self, forms: Sequence[Form], *acts: Act) -> tuple[list[Answer], list[Any]]:
        """Let all clients send their forms, and owners do `acts`, at one instant."""
        results = self.all_at_once([*(self.sending(form) for form in forms), *acts])
        return results[: len(forms)], results[len(forms) :]

    def sending(self, form: Form) -> Request:
        return post(self.server, form.action, {**CLEO, **form.hidden})

    def all_at_once(self, actions: Sequence[Callable[[], Any]]) -> list[Any]:
        """Run the actions in a random order: the thread that wakes first is often served first."""
        order = self.random.sample(range(len(actions)), len(actions))
        results = dict(zip(order, at_once([actions[n] for n in order]), strict=True))
        self.count([result for result in results.values() if isinstance(result, Answer)])
        return [results[n] for n in range(len(actions))]

    def count(self, answers: Sequence[Answer]) -> None:
        self.requests += len(answers)
        self.faults.update(answer.status for answer in answers if answer.status >= 500)
        self.slowest = max([self.slowest, *(answer.seconds for answer in answers)])


def instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def form_on(page: Answer) -> Form:
    found = re.search(r'<form method="post" action="([^"]+)"', page.body)
    if not found:
        raise NoForm(f"no form on a page of status {page.status}")
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.body)
    return Form(unescape(found[1]), {name: unescape(value) for name, value in hidden})


def noon() -> datetime:
    """Return noon UTC in three days."""
    day = timezone.now() + timedelta(days=3)
    return day.astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


def make_calendar(**fields: Any) -> Calendar:
    """Make a calendar that is open day and night, in UTC."""
    fields = {"time_zone": "UTC", "hours": EVERY_DAY, "booking_window_days": 7, **fields}
    return CalendarFactory.create(**fields)


def make_links(calendar: Calendar, count: int, **fields: Any) -> list[OneTimeLink]:
    return OneTimeLinkFactory.create_batch(count, calendar=calendar, **fields)


def page_of(calendar: Calendar) -> str:
    return reverse("booking:public_page", args=[calendar.slug])


def differs(what: str, found: object, wanted: object) -> Iterator[str]:
    if found != wanted:
        yield f"{what}: {found}, not {wanted}"


def statuses(answers: Sequence[Answer]) -> dict[int, int]:
    return dict(Counter(answer.status for answer in answers))


def shown(answers: Sequence[Answer]) -> set[str]:
    """Return the manage tokens of the bookings that clients were shown."""
    places = [answer.headers["Location"] for answer in answers if answer.status == 303]
    return {PurePosixPath(urlsplit(place).path).name for place in places}
