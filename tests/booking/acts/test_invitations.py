"""One link of an invitation works at most, in whatever order owner, client and time act."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from booking.acts.book import Client, book_slot
from booking.acts.cancel import cancel_booking
from booking.acts.replace_link import replace_link
from booking.models import Booking, Party
from calendars.kit.tokens import make_token
from calendars.models import Calendar
from onetime_links.invitations import working_links
from onetime_links.links import (
    OtherLinkWorks,
    edit_link,
    generate_link,
    revoke_link,
    undo_revoke,
)
from onetime_links.models import LinkRequest, OneTimeLink, Status
from onetime_links.requests import answer_request, ask_for_link, dismiss_request
from tests.support.world.factories import CalendarFactory

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLEO = Client(name="Cleo", email="cleo@example.com", time_zone="UTC", language="en")
# The longest of the ways to two working links that there were: booked, cancelled, asked, a new
# link, an answer. One act more undoes or extends after it.
DEPTH = 6

Act = Callable[[], Any]


class Walk:
    """A walk through all that can be done to the links of an invitation, as deep as asked."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.bystander = generate_link(calendar=calendar, now=START)
        generate_link(calendar=calendar, now=START, expires_at=START + HOUR)
        # How deep the walk has gone on from each state, which many orders of acts lead to.
        self.seen: dict[Any, int] = {}

    def go(self, depth: int, *, now: datetime, done: tuple[str, ...] = ()) -> None:
        for name, act in self.acts(now):
            later = now + DAY if name == "wait" else now
            before = transaction.savepoint()
            given = act()
            self.check((*done, name), given, now=later)
            state = self.state(now=later)
            if depth > self.seen.get(state, 0):
                self.seen[state] = depth
                if depth > 1:
                    self.go(depth - 1, now=later, done=(*done, name))
            transaction.savepoint_rollback(before)

    def acts(self, now: datetime) -> Iterator[tuple[str, Act]]:
        """Yield what can be done at `now`, also by pages that were opened earlier."""
        yield "wait", lambda: None
        for number, link in enumerate(self.links()):
            for name, act in self.acts_on(link, now):
                yield f"{name} {number}", act
        for number, booking in enumerate(self.bookings()):
            if booking.is_live:
                cancel = partial(cancel_booking, booking=booking, by=Party.OWNER, now=now)
                yield f"cancel {number}", cancel
            else:
                yield f"new link {number}", partial(replace_link, booking=booking, now=now)
        for number, request in enumerate(self.requests()):
            yield f"answer {number}", partial(answer_request, request=request, now=now)
            yield f"dismiss {number}", partial(dismiss_request, request=request, now=now)

    def acts_on(self, link: OneTimeLink, now: datetime) -> Iterator[tuple[str, Act]]:
        status = link.status(at=now)
        if status == Status.ACTIVE:
            yield "revoke", partial(revoke_link, link=link, now=now)
            yield "book", partial(self.book, link, now)
        else:
            yield "ask", partial(ask_for_link, link=link, name="Cleo", word="", now=now)
        if status == Status.REVOKED and link.revoked_at == now:
            yield "undo", self.try_to(partial(undo_revoke, link=link, now=now), now=now)
        if status == Status.EXPIRED:
            extend = partial(edit_link, link=link, expires_at=now + HOUR, now=now)
            yield "extend", self.try_to(extend, now=now)

    def book(self, link: OneTimeLink, now: datetime) -> Booking:
        slot = now + 20 * DAY + len(self.bookings()) * HOUR
        facts: dict[str, Any] = {"slot": slot, "client": CLEO, "nonce": make_token()}
        return book_slot(calendar=self.calendar, link=link, now=now, **facts)

    def try_to(self, act: Act, *, now: datetime) -> Act:
        """Return an act that gives the link that works, whether it let it work or was refused."""

        def tried() -> Any:
            with suppress(OtherLinkWorks):
                return act()
            [other] = self.working(now=now)
            return other

        return tried

    def check(self, done: tuple[str, ...], given: Any, *, now: datetime) -> None:
        working = self.working(now=now)
        assert len(working) <= 1, done
        if done[-1].startswith(("answer", "new link", "undo", "extend")):
            assert working == [given], done
        for link in self.links():
            assert list(working_links(link.pk, at=now)) == working, done
        assert list(working_links(self.bystander.pk, at=now)) == [self.bystander], done
        waiting = {each.link.status(at=now) for each in self.requests() if not is_closed(each)}
        assert Status.ACTIVE not in waiting, done

    def state(self, *, now: datetime) -> Any:
        """Return all that what can be done next depends on, whatever the keys of the rows are."""
        links, bookings, requests = self.links(), self.bookings(), self.requests()
        number: dict[int | None, int] = {link.pk: n for n, link in enumerate(links)}
        return (
            tuple(
                (
                    link.status(at=now),
                    number.get(link.replaces_id),
                    link.revoked_at == now,
                    link.expires_at and max(link.expires_at, now) - now,
                )
                for link in links
            ),
            tuple((number[each.one_time_link_id], each.is_live) for each in bookings),
            tuple((number[each.link_id], is_closed(each)) for each in requests),
        )

    def working(self, *, now: datetime) -> list[OneTimeLink]:
        return [link for link in self.links() if link.status(at=now) == Status.ACTIVE]

    def links(self) -> list[OneTimeLink]:
        links = OneTimeLink.objects.exclude(pk=self.bystander.pk).order_by("pk")
        return list(links.select_related("calendar", "booking"))

    def bookings(self) -> list[Booking]:
        return list(Booking.objects.order_by("pk").select_related("calendar"))

    def requests(self) -> list[LinkRequest]:
        return list(LinkRequest.objects.order_by("pk").select_related("link__calendar"))


def is_closed(request: LinkRequest) -> bool:
    return bool(request.answered_at or request.dismissed_at)


@pytest.mark.django_db
def test_one_link_of_an_invitation_works_in_whatever_order_they_act() -> None:
    always = [(weekday, 0, 24 * 60) for weekday in range(7)]
    walk = Walk(CalendarFactory.create(time_zone="UTC", hours=always))
    walk.go(DEPTH, now=START)
    assert len(walk.seen) > 90
