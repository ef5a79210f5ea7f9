import pytest
from django.test import Client

from calendars.models import Calendar, Owner
from tests.support.world.factories import CalendarFactory


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    return CalendarFactory.create(owner=olive, name="Discovery call", slug="discovery-call")


@pytest.fixture
def sams_calendar(sam: Owner) -> Calendar:
    return CalendarFactory.create(owner=sam, name="Sam's calendar", slug="sams-calendar")


@pytest.fixture
def owner_client(client: Client, olive: Owner) -> Client:
    """Olive's browser, in which she is signed in."""
    client.force_login(olive)
    return client
