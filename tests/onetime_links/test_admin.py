"""Staff make, edit and revoke links by the owners' rules, and never see a token."""

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.test import Client

from calendars.models import Calendar, Owner
from onetime_links import admin as admin_module
from onetime_links.links import ExpiryFixed, ExpiryPassed, OtherLinkWorks, edit_link
from onetime_links.models import OneTimeLink, Status
from tests.support.world.factories import (
    BookingFactory,
    CalendarFactory,
    OneTimeLinkFactory,
    OwnerFactory,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LIST = "/admin/onetime_links/onetimelink/"


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(OwnerFactory.create(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def links(calendar: Calendar) -> dict[Status, OneTimeLink]:
    facts: dict[Status, dict[str, Any]] = {
        Status.ACTIVE: {},
        Status.USED: {},
        Status.EXPIRED: {"expires_at": NOW},
        Status.REVOKED: {"revoked_at": NOW},
    }
    links = {
        status: OneTimeLinkFactory.create(
            calendar=calendar, note=status.label, created_at=NOW - DAY, **fields
        )
        for status, fields in facts.items()
    }
    BookingFactory.create(calendar=calendar, one_time_link=links[Status.USED])
    return links


def text_of(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


def found(staff: Client, query: str) -> list[str]:
    return [link.note for link in staff.get(LIST + query).context["cl"].queryset]


@pytest.mark.parametrize("status", Status)
def test_filter_by_status(staff: Client, links: dict[Status, OneTimeLink], status: Status) -> None:
    assert found(staff, f"?status={status.value}") == [str(status.label)]


def test_made_up_status_filters_nothing(staff: Client, links: dict[Status, OneTimeLink]) -> None:
    assert len(found(staff, "?status=bogus")) == 4


def test_search(staff: Client, links: dict[Status, OneTimeLink]) -> None:
    OneTimeLinkFactory.create(note="Other")
    assert found(staff, "?q=used") == ["Used"]
    assert len(found(staff, "?q=discovery")) == 4
    assert len(found(staff, "?q=olive@example.com")) == 4
    token = links[Status.ACTIVE].token
    assert found(staff, f"?q={token}") == []


def test_no_page_shows_a_token(staff: Client, links: dict[Status, OneTimeLink]) -> None:
    for link in links.values():
        for page in ("", "add/", f"{link.pk}/change/", f"{link.pk}/history/"):
            text = text_of(staff.get(LIST + page))
            assert link.token not in text
            assert link.token[-5:] not in text


def test_times_are_the_calendars(staff: Client, links: dict[Status, OneTimeLink]) -> None:
    assert "21 Nov 13:00, Europe/Berlin" in text_of(staff.get(LIST))
    text = text_of(staff.get(f"{LIST}{links[Status.REVOKED].pk}/change/"))
    assert "21 Nov 13:00, Europe/Berlin" in text  # created
    assert "22 Nov 13:00, Europe/Berlin" in text  # revoked


def test_add_by_the_owners_rules(staff: Client, calendar: Calendar) -> None:
    data = {"calendar": calendar.pk, "note": "Acme", "expires_at": "2026-12-01T17:00"}
    assert staff.post(f"{LIST}add/", data).status_code == 302
    link = OneTimeLink.objects.get()
    assert link.expires_at == datetime(2026, 12, 1, 16, 0, tzinfo=UTC)
    assert (link.note, link.created_at, link.calendar) == ("Acme", NOW, calendar)
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.object_repr) == (str(link.pk), f"One-time link {link.pk}")


@pytest.mark.parametrize(
    "data",
    [
        {"expires_at": "2026-11-22T13:00"},  # the present, in Berlin
        {"expires_at": "soon"},
        {"note": "x" * 201},
        {"note": "a\x00"},
        {"calendar": ""},
        {"calendar": "999999"},
    ],
)
def test_refused_add(staff: Client, calendar: Calendar, data: dict[str, str]) -> None:
    response = staff.post(f"{LIST}add/", {"calendar": calendar.pk, "note": "", **data})
    assert response.status_code == 200
    assert response.context["errors"]
    assert not OneTimeLink.objects.exists()


def test_deleted_calendar_gets_no_links(staff: Client) -> None:
    calendar = CalendarFactory.create(deleted_at=NOW)
    response = staff.post(f"{LIST}add/", {"calendar": calendar.pk})
    assert "This calendar was deleted." in text_of(response)


def test_change(staff: Client, links: dict[Status, OneTimeLink], sam: Owner) -> None:
    link = links[Status.EXPIRED]
    data = {
        "note": "Later",
        "expires_at": "2026-12-01T17:00",
        # These values are fixed, so they stay whatever is sent.
        "calendar": CalendarFactory.create(owner=sam).pk,
        "revoked_at": "2026-01-01",
        "token": "a" * 22,
        "created_at": "2020-01-01",
    }
    assert staff.post(f"{LIST}{link.pk}/change/", data).status_code == 302
    changed = OneTimeLink.objects.get(pk=link.pk)
    assert (changed.note, changed.status(at=NOW)) == ("Later", Status.ACTIVE)
    fixed = ("calendar_id", "revoked_at", "token", "created_at")
    assert [getattr(changed, name) for name in fixed] == [getattr(link, name) for name in fixed]


def test_expiry_must_lie_in_the_future(staff: Client, links: dict[Status, OneTimeLink]) -> None:
    link = links[Status.ACTIVE]
    data = {"note": "", "expires_at": "2026-11-22T13:00"}
    assert staff.post(f"{LIST}{link.pk}/change/", data).status_code == 200
    assert OneTimeLink.objects.get(pk=link.pk).expires_at is None


def test_page_opened_before_its_owner_extended_a_link(
    staff: Client, links: dict[Status, OneTimeLink]
) -> None:
    link = links[Status.EXPIRED]
    address = f"{LIST}{link.pk}/change/"
    assert 'name="initial-expires_at" value="2026-11-22T13:00"' in text_of(staff.get(address))
    OneTimeLink.objects.filter(pk=link.pk).update(expires_at=NOW + DAY)
    older = {"initial-note": "Expired", "expires_at": "2026-11-22T13:00"}
    older["initial-expires_at"] = older["expires_at"]
    assert staff.post(address, {**older, "note": "New"}).status_code == 302
    changed = OneTimeLink.objects.get(pk=link.pk)
    assert (changed.note, changed.expires_at) == ("New", NOW + DAY)


@pytest.mark.parametrize("status", [Status.USED, Status.REVOKED])
def test_expiry_of_a_dead_link_is_fixed(
    staff: Client, links: dict[Status, OneTimeLink], status: Status
) -> None:
    link = links[status]
    address = f"{LIST}{link.pk}/change/"
    assert 'name="expires_at"' not in text_of(staff.get(address))
    staff.post(address, {"note": "New", "expires_at": "2026-12-01T17:00"})
    changed = OneTimeLink.objects.get(pk=link.pk)
    assert (changed.note, changed.expires_at) == ("New", None)


@pytest.mark.parametrize("refusal", [ExpiryFixed, ExpiryPassed, OtherLinkWorks])
def test_link_that_changed_between_check_and_save(
    staff: Client,
    links: dict[Status, OneTimeLink],
    monkeypatch: pytest.MonkeyPatch,
    refusal: type[Exception],
) -> None:
    def refuse(*, link: OneTimeLink, **arguments: Any) -> None:
        raise refusal(*[link] * 2)

    monkeypatch.setattr(admin_module, "edit_link", refuse)
    address = f"{LIST}{links[Status.ACTIVE].pk}/change/"
    response = staff.post(address, {"note": "New"}, follow=True)
    assert "stays as it is" in text_of(response)


def test_replaced_link_is_not_extended(staff: Client, links: dict[Status, OneTimeLink]) -> None:
    link = links[Status.EXPIRED]
    new = OneTimeLinkFactory.create(calendar=link.calendar, created_at=NOW, replaces=link)
    data = {"note": "New", "expires_at": "2026-12-01T17:00"}
    page = staff.post(f"{LIST}{link.pk}/change/", data)
    form = page.context["adminform"].form
    told = f"A new link was sent and still works: {new.short_address}. Revoke that one first."
    assert form.errors == {"expires_at": [told]}
    assert form["expires_at"].value() == "2026-12-01T17:00"
    assert OneTimeLink.objects.get(pk=link.pk).expires_at == NOW


def test_note_saved_while_its_owner_extends_the_link(
    staff: Client, links: dict[Status, OneTimeLink], monkeypatch: pytest.MonkeyPatch
) -> None:
    link = links[Status.EXPIRED]

    def extend_first(**arguments: Any) -> None:
        OneTimeLink.objects.filter(pk=link.pk).update(expires_at=NOW + DAY)
        edit_link(**arguments)

    monkeypatch.setattr(admin_module, "edit_link", extend_first)
    data = {"note": "New", "expires_at": "2026-11-22T13:00"}
    staff.post(f"{LIST}{link.pk}/change/", data)
    changed = OneTimeLink.objects.get(pk=link.pk)
    assert (changed.note, changed.expires_at) == ("New", NOW + DAY)


def test_revoke_action(staff: Client, links: dict[Status, OneTimeLink]) -> None:
    chosen = [link.pk for link in links.values()]
    data = {"action": "revoke", "_selected_action": chosen}
    text = text_of(staff.post(LIST, data, follow=True))
    assert "1 link was revoked." in text
    assert "3 links were not active, and stay as they are." in text
    now = {status: OneTimeLink.objects.get(pk=link.pk) for status, link in links.items()}
    assert now[Status.ACTIVE].status(at=NOW) == Status.REVOKED
    assert now[Status.USED].revoked_at is None
    assert now[Status.EXPIRED].revoked_at is None


def test_no_link_can_be_deleted(staff: Client, links: dict[Status, OneTimeLink]) -> None:
    for link in links.values():
        assert staff.post(f"{LIST}{link.pk}/delete/", {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [links[Status.ACTIVE].pk]}
    staff.post(LIST, data)
    assert OneTimeLink.objects.count() == 4
