"""Sam, a stranger, gets the same 404 for Olive's calendar as for one that does not exist."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from calendars.models import Calendar
from calendars.rules import replace_overrides
from calendars.urls import urlpatterns
from tests.support.pages.signing_out import is_sign_in_page

pytestmark = pytest.mark.django_db
DAY = date(2030, 1, 1)
ADDRESSES = [
    (
        pattern.name,
        {"slug": "discovery-call"} | ({"day": DAY} if "day" in str(pattern.pattern) else {}),
    )
    for pattern in urlpatterns
    if isinstance(pattern, URLPattern) and "<slug:slug>" in str(pattern.pattern)
]


@pytest.fixture(autouse=True)
def override(call: Calendar) -> None:
    replace_overrides(calendar=call, dates=[DAY], hours=[], now=timezone.now())


def url(name: str | None, arguments: dict[str, Any]) -> str:
    return reverse(f"calendars:{name}", kwargs=arguments)


def test_every_address_of_a_calendar_is_tried() -> None:
    assert len(ADDRESSES) == 13


@pytest.mark.parametrize(("name", "arguments"), ADDRESSES)
def test_stranger_gets_404(as_sam: Client, name: str, arguments: dict[str, Any]) -> None:
    assert {as_sam.get(url(name, arguments)).status_code, 404} <= {404, 405}
    assert as_sam.post(url(name, arguments), {"name": "Sam's"}).status_code in {404, 405}
    assert 404 in {
        as_sam.get(url(name, arguments)).status_code,
        as_sam.post(url(name, arguments)).status_code,
    }
    calendar = Calendar.objects.get()
    assert (calendar.name, calendar.paused_at) == ("Discovery call", None)
    assert calendar.date_overrides.count() == 1
    assert calendar.weekly_hours.count() == 5


@pytest.mark.parametrize(("name", "arguments"), ADDRESSES)
def test_visitor_is_asked_to_sign_in(client: Client, name: str, arguments: dict[str, Any]) -> None:
    address = url(name, arguments)
    got, posted = client.get(address), client.post(address)
    assert got.headers.get("Location") == f"/sign-in/?next={address}" or got.status_code == 405
    assert is_sign_in_page(posted) or posted.status_code == 405
    assert {got.status_code, posted.status_code} != {405}


@pytest.mark.parametrize(("name", "arguments"), ADDRESSES)
def test_deleted_calendar_is_gone_for_its_owner(
    as_olive: Client, name: str, arguments: dict[str, Any]
) -> None:
    Calendar.objects.update(deleted_at=datetime.now(UTC))
    address = url(name, arguments)
    assert {as_olive.get(address).status_code, as_olive.post(address).status_code} <= {404, 405}


@pytest.mark.parametrize(("name", "arguments"), ADDRESSES)
def test_owner_gets_through(as_olive: Client, name: str, arguments: dict[str, Any]) -> None:
    address = url(name, arguments)
    assert as_olive.get(address).status_code in {200, 405}
