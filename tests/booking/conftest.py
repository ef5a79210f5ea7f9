from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from calendars.models import Calendar, Owner
from onetime_links.models import OneTimeLink
from tests.factories import CalendarFactory, OneTimeLinkFactory

# When the tests of the client's pages take place; their calendar is open on weekdays, 9 to 17.
SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PUBLIC = "/book/discovery-call/"


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    return CalendarFactory.create(
        owner=olive, name="Discovery call", slug="discovery-call", location="Room 5"
    )


@pytest.fixture
def link(calendar: Calendar) -> OneTimeLink:
    return OneTimeLinkFactory.create(calendar=calendar, note="Secret note about Ms Ito")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stops the clock on that Sunday."""
    with time_machine.travel(SUNDAY, tick=False) as traveller:
        yield traveller
