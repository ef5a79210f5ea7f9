"""Requests for a new link, which are made once and answered once."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from calendars.models import Calendar, Owner
from onetime_links.models import LinkRequest, OneTimeLink
from onetime_links.requests import (
    LinkStillActive,
    answer_request,
    ask_for_link,
    dismiss_request,
)
from tests.support.pages.parsing import shows, text_of
from tests.support.races.processes import race
from tests.support.world.factories import BookingFactory, CalendarFactory, OneTimeLinkFactory

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def calendar(olive: Owner) -> Calendar:
    return CalendarFactory.create(owner=olive, slug="discovery-call")


@pytest.fixture
def link(calendar: Calendar) -> OneTimeLink:
    """An expired link."""
    return OneTimeLinkFactory.create(
        calendar=calendar, note="Ms Ito", created_at=NOW - 9 * DAY, expires_at=NOW - DAY
    )


def ask(link: OneTimeLink, name: str = "Cleo") -> LinkRequest:
    return ask_for_link(link=link, name=name, word="Sorry!", now=NOW)


def test_answer_is_a_new_link_with_the_same_note(link: OneTimeLink) -> None:
    request = ask(link)
    new = answer_request(request=request, now=NOW)
    assert (new.note, new.calendar, new.expires_at) == ("Ms Ito", link.calendar, None)
    assert new.token != link.token
    assert answer_request(request=request, now=NOW + DAY) == new
    assert OneTimeLink.objects.count() == 2
    assert not LinkRequest.objects.open().exists()


def test_whoever_asks_again_has_asked_once_until_there_is_an_answer(link: OneTimeLink) -> None:
    first = ask(link)
    assert ask(link, name="Somebody else") == first
    dismiss_request(request=first, now=NOW)
    second = ask(link)
    assert second != first
    answer_request(request=second, now=NOW)
    assert ask(link) not in {first, second}


def test_nobody_asks_for_a_link_that_works(calendar: Calendar) -> None:
    active = OneTimeLinkFactory.create(calendar=calendar)
    with pytest.raises(LinkStillActive):
        ask(active)
    BookingFactory.create(calendar=calendar, one_time_link=active)
    assert ask(active).link == active


def test_answered_request_cannot_be_dismissed(link: OneTimeLink) -> None:
    request = ask(link)
    answer_request(request=request, now=NOW)
    dismiss_request(request=request, now=NOW)
    request.refresh_from_db()
    assert request.dismissed_at is None


def test_database_keeps_one_open_request_a_link(link: OneTimeLink) -> None:
    ask(link)
    with pytest.raises(IntegrityError), transaction.atomic():
        LinkRequest.objects.create(link=link, client_name="Second")


@pytest.mark.django_db(transaction=True)
def test_many_ask_and_answer_at_once() -> None:
    now = timezone.now()
    link = OneTimeLinkFactory.create(created_at=now - DAY, expires_at=now)
    asking = partial(ask_for_link, link=link, name="Cleo", word="", now=now)
    assert race([asking] * 6) == ["ok"] * 6
    request = LinkRequest.objects.get()
    assert race([partial(answer_request, request=request, now=now)] * 6) == ["ok"] * 6
    assert OneTimeLink.objects.count() == 2


# The owner's pages


@pytest.fixture
def as_olive(client: Client, olive: Owner) -> Client:
    client.force_login(olive)
    return client


SECTION = "/calendars/discovery-call/one-time-links/"


@pytest.mark.parametrize("place", [SECTION, "/calendars/discovery-call/share/one-time-link/"])
def test_owner_sees_the_request_and_answers_with_one_click(
    as_olive: Client, link: OneTimeLink, place: str
) -> None:
    request = ask(link)
    page = text_of(as_olive.get(place))
    assert "Requests for a new link" in page
    assert "Sorry!" in page
    state = "?place=share" if "share" in place else ""
    answer = f"{SECTION}requests/{request.pk}/answer/{state}"
    made = text_of(as_olive.post(answer, follow=True))
    new = OneTimeLink.objects.exclude(pk=link.pk).get()
    assert f'value="{new.address}"' in made
    assert "Requests for a new link" not in made


def test_calendar_settings_tell_of_the_request(as_olive: Client, link: OneTimeLink) -> None:
    assert "request" not in text_of(as_olive.get("/calendars/"))
    ask(link)
    page = text_of(as_olive.get("/calendars/"))
    assert shows(
        page, f'href="{SECTION}#link-requests"><span class="badge badge--warning">1 request'
    )


def test_dismissed_request_leaves_the_list(as_olive: Client, link: OneTimeLink) -> None:
    request = ask(link, name="Cleo Client")
    page = text_of(as_olive.post(f"{SECTION}requests/{request.pk}/dismissal/", follow=True))
    assert "The request of Cleo Client was dismissed." in page
    assert "Requests for a new link" not in page
    assert OneTimeLink.objects.count() == 1


def test_stranger_reaches_no_request(client: Client, link: OneTimeLink, sam: Owner) -> None:
    request = ask(link)
    client.force_login(sam)
    for act in ("answer", "dismissal"):
        assert client.post(f"{SECTION}requests/{request.pk}/{act}/").status_code == 404
    assert LinkRequest.objects.open().count() == 1
