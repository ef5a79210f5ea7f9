"""Two working links for one invitation: in no order of what an owner does on their pages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.test import Client

from calendars.models import Calendar
from onetime_links.links import revoke_link
from onetime_links.models import LinkRequest, OneTimeLink
from onetime_links.requests import answer_request, ask_for_link
from tests.support.pages.parsing import text_of
from tests.support.world.factories import BookingFactory, OneTimeLinkFactory

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SECTION = "/calendars/discovery-call/one-time-links/"
SENT = "A new link was sent and still works: {}. Revoke that one first."
EARLIER = "An earlier link works again: {}. Revoke that one first."


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def link(calendar: Calendar) -> OneTimeLink:
    return OneTimeLinkFactory.create(
        calendar=calendar, note="Ms Ito", created_at=NOW - DAY, expires_at=NOW + DAY
    )


def revoke(link: OneTimeLink) -> None:
    revoke_link(link=link, now=NOW)


def ask(link: OneTimeLink, *, now: datetime = NOW) -> LinkRequest:
    return ask_for_link(link=link, name="Cleo", word="", now=now)


def answer(browser: Client, request: LinkRequest) -> OneTimeLink:
    """Press the button of a request, on a page that may have been opened earlier."""
    page = browser.post(f"{SECTION}requests/{request.pk}/answer/", follow=True)
    made: OneTimeLink = page.context["links"].made.link
    return made


def undo(browser: Client, link: OneTimeLink) -> str:
    """Undo a revocation, and return what the owner is told."""
    response = browser.post(f"{SECTION}{link.pk}/restoration/")
    *_, told = get_messages(response.wsgi_request)
    return str(told)


def extend(browser: Client, link: OneTimeLink) -> Any:
    data = {"note": "Ms Ito", "expires_at": "2026-12-24T17:00"}
    return browser.post(f"{SECTION}{link.pk}/", data)


def working() -> list[OneTimeLink]:
    """Return all working links. Those of a test are of one invitation."""
    return list(OneTimeLink.objects.active(at=datetime.now(UTC)))


def is_listed(browser: Client) -> bool:
    return "Requests for a new link" in text_of(browser.get(SECTION))


def test_undo_after_the_answer(owner_client: Client, link: OneTimeLink) -> None:
    revoke(link)
    new = answer(owner_client, ask(link))
    told = SENT.format(new.short_address)
    assert undo(owner_client, link) == f"“Ms Ito” stays revoked. {told}"
    assert working() == [new]
    # Once the new link is revoked, the old one may come back, and then the new one may not.
    revoke(new)
    assert undo(owner_client, link) == "“Ms Ito” works again."
    told = EARLIER.format(link.short_address)
    assert undo(owner_client, new) == f"“Ms Ito” stays revoked. {told}"
    assert working() == [link]


def test_answer_after_the_undo(owner_client: Client, link: OneTimeLink) -> None:
    revoke(link)
    request = ask(link)
    assert is_listed(owner_client)
    undo(owner_client, link)
    assert not is_listed(owner_client)
    assert "1 request" not in text_of(owner_client.get("/calendars/"))
    assert answer(owner_client, request) == link
    assert working() == [link]


def test_answer_after_a_later_expiry(owner_client: Client, link: OneTimeLink, clock: Any) -> None:
    clock.shift(DAY)
    request = ask(link, now=NOW + DAY)
    assert is_listed(owner_client)
    assert extend(owner_client, link).status_code == 302
    assert not is_listed(owner_client)
    assert answer(owner_client, request) == link
    assert working() == [link]


def test_later_expiry_after_the_answer(owner_client: Client, link: OneTimeLink, clock: Any) -> None:
    clock.shift(DAY)
    new = answer(owner_client, ask(link, now=NOW + DAY))
    page = extend(owner_client, link)
    assert page.status_code == 422
    assert page.context["form"].errors["expires_at"] == [SENT.format(new.short_address)]
    assert page.context["form"]["expires_at"].value() == "2026-12-24T17:00"
    assert working() == [new]
    # The note of the dead link, and the expiry of the one that works, are the owner's as before.
    data = {"note": "Ito", "expires_at": "2026-11-23T13:00"}
    assert owner_client.post(f"{SECTION}{link.pk}/", data).status_code == 302
    assert extend(owner_client, new).status_code == 302


def test_new_link_of_a_cancelled_booking_and_the_answer(
    owner_client: Client, link: OneTimeLink
) -> None:
    booking = BookingFactory.create(
        calendar=link.calendar, one_time_link=link, cancelled_at=NOW, created_at=NOW
    )
    request = ask(link)
    owner_client.post(f"/bookings/{booking.pk}/new-link/")
    [new] = working()
    assert not is_listed(owner_client)
    assert answer(owner_client, request) == new
    assert working() == [new]
    # A client who has lost the new link asks again, and the owner finds it to send it again.
    again = ask(link)
    assert again != request
    assert is_listed(owner_client)
    assert answer(owner_client, again) == new
    assert not is_listed(owner_client)


def test_chain_of_links_is_one_invitation(owner_client: Client, link: OneTimeLink) -> None:
    """The request is for a link in the middle, and the working link hangs on another branch."""
    revoke(link)
    second = answer_request(request=ask(link), now=NOW)
    revoke(second)
    third = answer_request(request=ask(second), now=NOW)
    revoke(third)
    fourth = answer_request(request=ask(link), now=NOW)
    assert [fourth.replaces, third.replaces] == [link, second]
    for each in (second, third):
        assert answer(owner_client, ask(each)) == fourth
        told = SENT.format(fourth.short_address)
        assert undo(owner_client, each) == f"“Ms Ito” stays revoked. {told}"
    assert working() == [fourth]


def test_invitations_with_the_same_note_are_two(owner_client: Client, link: OneTimeLink) -> None:
    other = OneTimeLinkFactory.create(calendar=link.calendar, note=link.note, created_at=NOW)
    revoke(link)
    new = answer(owner_client, ask(link))
    assert new != other
    assert set(working()) == {other, new}


def test_dismissed_request_is_answered_from_an_older_page(
    owner_client: Client, link: OneTimeLink
) -> None:
    revoke(link)
    request = ask(link)
    LinkRequest.objects.update(dismissed_at=NOW)
    new = answer(owner_client, request)
    request.refresh_from_db()
    assert (request.answer, request.answered_at, request.dismissed_at) == (new, NOW, None)
