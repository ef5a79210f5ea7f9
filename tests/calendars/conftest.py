import pytest
from django.test import Client

from calendars.models import Calendar, Owner
from tests.support.world.factories import CalendarFactory


@pytest.fixture
def call(olive: Owner) -> Calendar:
    return CalendarFactory.create(owner=olive, name="Discovery call", slug="discovery-call")


@pytest.fixture
def as_olive(client: Client, olive: Owner) -> Client:
    client.force_login(olive)
    return client


@pytest.fixture
def as_sam(sam: Owner) -> Client:
    client = Client()
    client.force_login(sam)
    return client
