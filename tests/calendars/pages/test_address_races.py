"""Concurrent requests for one address: one gets it, and the others are told."""

from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from calendars.accounts.owners import create_owner
from calendars.lifecycle import change_details, create_calendar, duplicate_calendar
from calendars.models import Calendar, CalendarAddress, Owner
from tests.support.races.processes import race
from tests.support.world.factories import PASSWORD, CalendarFactory, OwnerFactory

pytestmark = pytest.mark.django_db(transaction=True)
RACERS = 6


def test_new_calendars_that_want_one_address() -> None:
    def create(owner: Owner) -> Calendar:
        return create_calendar(owner=owner, name="Talk", time_zone="UTC", slug="talk")

    owners = OwnerFactory.create_batch(RACERS)
    outcomes = race([partial(create, owner) for owner in owners])
    assert sorted(outcomes) == ["AddressTaken"] * (RACERS - 1) + ["ok"]
    assert CalendarAddress.objects.get().calendar == Calendar.objects.get()


def test_calendars_that_change_to_one_address() -> None:
    def change(calendar: Calendar) -> Calendar:
        rest: dict[str, Any] = {"description": "", "location": "", "colour": "green"}
        return change_details(calendar=calendar, name="Talk", slug="talk", **rest)

    calendars = CalendarFactory.create_batch(RACERS)
    outcomes = race([partial(change, calendar) for calendar in calendars])
    assert sorted(outcomes) == ["AddressTaken"] * (RACERS - 1) + ["ok"]
    winner = Calendar.objects.get(slug="talk")
    assert CalendarAddress.objects.get(slug="talk").calendar == winner
    assert CalendarAddress.objects.count() == RACERS + 1


def test_duplicates_made_by_a_double_click() -> None:
    """Duplicates wait for each other at the owner's row, so each finds an address of its own."""
    calendar = CalendarFactory.create(slug="talk")
    outcomes = race(
        [lambda: duplicate_calendar(calendar=calendar, now=timezone.now()) for _ in range(3)]
    )
    assert outcomes == ["ok"] * 3
    slugs = Calendar.objects.values_list("slug", flat=True)
    assert sorted(slugs) == ["talk", "talk-2", "talk-3", "talk-4"]


def test_sign_ups_with_one_email() -> None:
    def sign_up() -> Owner:
        return create_owner(email="nora@example.com", display_name="Nora", password=PASSWORD)

    outcomes = race([sign_up] * RACERS)
    assert sorted(outcomes) == ["EmailTaken"] * (RACERS - 1) + ["ok"]
