"""What is durable once it returns: none of it may run within a transaction that can be taken back.

A booking that its client was shown would be undone if a transaction around it failed.
"""

import ast
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from booking.acts.book import Client, book_slot, enter_booking
from booking.acts.cancel import cancel_booking
from booking.acts.reschedule import reschedule_booking
from booking.models import Booking, Mail, Party
from booking.privacy.erase import erase_client
from booking.privacy.forget import forget_batch
from calendars.kit.tokens import make_token
from calendars.models import Owner
from calendars.outbox.leases import claim_next
from tests.run import ROOT
from tests.support.database.queries import all_rows
from tests.support.world.factories import BookingFactory, MailFactory

pytestmark = pytest.mark.django_db

APPS = ("booking", "calendars", "onetime_links")
# `move_data` reads another database; the test of the command runs it as operators do.
ELSEWHERE = {"move_data"}
CLEO = Client(name="Cleo", email="cleo@example.com", time_zone="Europe/Berlin", language="en")
HOUR = timedelta(hours=1)


def durable_functions() -> set[str]:
    """Return the names of the functions that open a durable transaction."""
    return {
        function.name
        for app in APPS
        for file in (ROOT / app).rglob("*.py")
        for function in ast.walk(ast.parse(file.read_text()))
        if isinstance(function, ast.FunctionDef) and "durable=True" in ast.unparse(function)
    }


def calls(owner: Owner) -> dict[str, Callable[[], Any]]:
    booking: Booking = BookingFactory.create(calendar__owner=owner)
    MailFactory.create(booking=booking)
    now = timezone.now()
    moved: dict[str, Any] = {"booking": booking, "by": Party.OWNER, "now": now}
    booked: dict[str, Any] = {
        "calendar": booking.calendar,
        "slot": booking.starts_at + 9 * HOUR,
        "client": CLEO,
        "nonce": make_token(),
        "now": now,
    }
    return {
        "book_slot": partial(book_slot, link=None, **booked),
        "enter_booking": partial(enter_booking, **booked),
        "cancel_booking": partial(cancel_booking, **moved),
        "reschedule_booking": partial(reschedule_booking, slot=booking.starts_at + HOUR, **moved),
        "claim_next": partial(claim_next, Mail.objects.all(), now=now, lease=HOUR),
        "erase_client": partial(
            erase_client, email="nobody@example.com", owner=owner, clear_notes=False, now=now
        ),
        "forget_batch": partial(forget_batch, owner=owner, now=now),
    }


def test_everything_durable_is_tried(olive: Owner) -> None:
    assert durable_functions() == {*calls(olive), *ELSEWHERE}


def test_nothing_durable_runs_in_a_transaction_of_others(olive: Owner) -> None:
    for name, call in calls(olive).items():
        before = all_rows()
        with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
            call()
        assert all_rows() == before, name
