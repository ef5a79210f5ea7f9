"""Tests of the worker's turns: its lines, one for each kind of delivery, and its timed jobs."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from booking.delivery.mail.kind import BookingMails
from booking.delivery.worker import Job, Line, Worker
from booking.models import Booking, MailQuerySet, Party
from calendars.outbox.handover import PATIENCE, Outcome
from calendars.outbox.postman import Postman
from tests.support.servers.smtp import Postbox
from tests.support.world.factories import MailFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


class ToClients(BookingMails):
    def deliveries(self) -> MailQuerySet:
        return super().deliveries().filter(recipient=Party.CLIENT)


class ToOwners(BookingMails):
    def deliveries(self) -> MailQuerySet:
        return super().deliveries().filter(recipient=Party.OWNER)


class Unreachable(Postman):
    def send(self, *args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError


def make_mails(booking: Booking, recipient: Party, number: int) -> None:
    now = timezone.now()
    for n in range(number):
        MailFactory.create(booking=booking, recipient=recipient, due_at=now - HOUR * (n + 1))


def test_kind_whose_server_is_down_holds_up_no_other(booking: Booking, postbox: Postbox) -> None:
    make_mails(booking, Party.CLIENT, 3)
    make_mails(booking, Party.OWNER, 3)
    down, up = ToClients(Unreachable()), ToOwners(Postman())
    worker = Worker([down, up], [], patience=PATIENCE)
    for _ in range(3):
        worker.take_turns()
    worker.let_go()
    assert len(postbox.received) == 3
    # The line rests after the first email, and does not try the others in vain.
    assert sorted(down.deliveries().values_list("tries", flat=True)) == [0, 0, 1]


def test_line_rests_for_longer_each_time_that_its_server_is_down(booking: Booking) -> None:
    make_mails(booking, Party.CLIENT, 7)
    line = Line(ToClients(Unreachable()))
    rests = []
    for _ in range(7):
        assert line.take_turn(patience=PATIENCE) is Outcome.WAITS_FOR_SERVER
        rests.append(line.rest)
    assert rests == [1, 2, 4, 8, 16, 30, 30]
    assert line.ready_at > time.monotonic() + 25


def test_server_that_never_answers_has_half_of_the_time_at_most(
    booking: Booking, postbox: Postbox
) -> None:
    make_mails(booking, Party.CLIENT, 1)
    postbox.at_recipient = lambda address: Postbox.HANG
    line = Line(ToClients(Postman()))
    assert line.take_turn(patience=2) is Outcome.WAITS_FOR_SERVER
    assert line.rest == 1
    assert line.ready_at > time.monotonic() + 1.5


def test_line_begins_anew_when_its_server_is_back(booking: Booking, postbox: Postbox) -> None:
    make_mails(booking, Party.CLIENT, 2)
    kind = ToClients(Unreachable())
    line = Line(kind)
    line.take_turn(patience=PATIENCE)
    kind.postman = Postman()
    assert line.take_turn(patience=PATIENCE) is Outcome.DONE
    assert line.rest == 0
    assert line.take_turn(patience=PATIENCE) is None


def test_jobs_are_done_now_and_then() -> None:
    calls: list[str] = []
    often, seldom = Job(lambda: calls.append("often"), 0), Job(lambda: calls.append("seldom"), 300)
    worker = Worker([], [often, seldom], patience=1)
    worker.do_jobs()
    worker.do_jobs()
    assert calls == ["often", "seldom", "often"]
    worker.jobs_due_at[seldom] -= 300
    worker.do_jobs()
    assert calls == ["often", "seldom", "often", "often", "seldom"]


def test_working_off_does_each_job_once(booking: Booking, postbox: Postbox) -> None:
    calls: list[int] = []
    make_mails(booking, Party.CLIENT, 2)
    worker = Worker(
        [ToClients(Postman())], [Job(lambda: calls.append(len(postbox.received)), 0)], patience=5
    )
    worker.work_off()
    assert calls == [2]
