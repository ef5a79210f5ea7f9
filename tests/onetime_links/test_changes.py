"""Edit, Revoke and Undo, by their addresses."""

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.test import Client

from calendars.models import Calendar
from onetime_links import views
from onetime_links.links import ExpiryPassed, edit_link, revoke_link
from onetime_links.models import OneTimeLink
from tests.support.pages.parsing import shows
from tests.support.pages.untouched import untouched
from tests.support.world.factories import BookingFactory, OneTimeLinkFactory

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SECTION = "/calendars/discovery-call/one-time-links/"
SHARE = "/calendars/discovery-call/share/one-time-link/"


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def link(calendar: Calendar) -> OneTimeLink:
    return OneTimeLinkFactory.create(calendar=calendar, note="Acme", created_at=NOW - DAY)


def text_of(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def stored(link: OneTimeLink) -> OneTimeLink:
    return OneTimeLink.objects.get(pk=link.pk)


# Revoke and undo


def test_revoke_acts_at_once_and_offers_undo(owner_client: Client, link: OneTimeLink) -> None:
    response = owner_client.post(f"{SECTION}{link.pk}/revocation/")
    assert response["Location"] == f"{SECTION}?kept={link.pk}"
    assert stored(link).revoked_at == NOW
    page = owner_client.get(response["Location"])
    text = text_of(page)
    assert "“Acme” is revoked." in text
    assert f'action="{SECTION}{link.pk}/restoration/?kept={link.pk}"' in text
    # The link stays in sight, though the filter would leave it out from now on.
    assert [row.link for row in page.context["links"].rows] == [link]
    assert "No links here." in text_of(owner_client.get(SECTION))


def test_undo_is_offered_for_two_minutes(
    owner_client: Client, link: OneTimeLink, clock: Any
) -> None:
    owner_client.post(f"{SECTION}{link.pk}/revocation/")
    for seconds, is_offered in ((120, True), (121, False)):
        clock.move_to(NOW + timedelta(seconds=seconds))
        assert shows(owner_client.get(SECTION), ">Undo<") == is_offered


def test_undo(owner_client: Client, link: OneTimeLink, clock: Any) -> None:
    owner_client.post(f"{SECTION}{link.pk}/revocation/")
    clock.shift(120)
    response = owner_client.post(f"{SECTION}{link.pk}/restoration/?show=all")
    assert response["Location"] == f"{SECTION}?show=all&kept={link.pk}"
    assert said(response) == ["“Acme” works again."]
    assert stored(link).revoked_at is None


def test_undo_too_late(owner_client: Client, link: OneTimeLink, clock: Any) -> None:
    owner_client.post(f"{SECTION}{link.pk}/revocation/")
    clock.shift(121)
    response = owner_client.post(f"{SECTION}{link.pk}/restoration/")
    assert said(response) == ["“Acme” stays revoked: that can be undone for two minutes only."]
    assert stored(link).revoked_at == NOW


@pytest.mark.parametrize(("back", "seconds"), [(timedelta(seconds=30), 120), (DAY, 0)])
def test_clock_that_is_set_back_makes_undo_live_no_longer(
    owner_client: Client, link: OneTimeLink, clock: Any, back: timedelta, seconds: int
) -> None:
    """A little is the difference of two hosts; after more, nobody knows how long ago it was."""
    owner_client.post(f"{SECTION}{link.pk}/revocation/")
    clock.shift(-back)
    is_offered = seconds > 0
    page = owner_client.get(SECTION)
    assert shows(page, ">Undo<") == is_offered
    assert [row.undo_seconds for row in page.context["links"].undos] == [seconds] * is_offered
    owner_client.post(f"{SECTION}{link.pk}/restoration/")
    assert (stored(link).revoked_at is None) == is_offered


def test_undo_of_a_link_that_expired_meanwhile(
    owner_client: Client, link: OneTimeLink, clock: Any
) -> None:
    OneTimeLink.objects.update(expires_at=NOW + timedelta(seconds=60))
    owner_client.post(f"{SECTION}{link.pk}/revocation/")
    clock.shift(60)
    response = owner_client.post(f"{SECTION}{link.pk}/restoration/")
    assert said(response) == ["“Acme” is not revoked any more, but it has expired."]


def test_double_click_on_revoke_is_no_trouble(owner_client: Client, link: OneTimeLink) -> None:
    for _twice in range(2):
        response = owner_client.post(f"{SECTION}{link.pk}/revocation/")
        assert response["Location"] == f"{SECTION}?kept={link.pk}"
        assert said(response) == []


def test_used_link_is_not_revoked(owner_client: Client, link: OneTimeLink) -> None:
    BookingFactory.create(calendar=link.calendar, one_time_link=link)
    response = owner_client.post(f"{SECTION}{link.pk}/revocation/")
    assert said(response) == ["“Acme” was not revoked: its status is Used."]
    assert stored(link).revoked_at is None


def test_expired_link_is_not_revoked(owner_client: Client, link: OneTimeLink) -> None:
    OneTimeLink.objects.filter(pk=link.pk).update(created_at=NOW - DAY, expires_at=NOW)
    response = owner_client.post(f"{SECTION}{link.pk}/revocation/")
    assert said(response) == ["“Acme” was not revoked: its status is Expired."]
    assert stored(link).revoked_at is None


def test_second_click_on_revoke_finds_it_done(owner_client: Client, link: OneTimeLink) -> None:
    OneTimeLink.objects.filter(pk=link.pk).update(revoked_at=NOW - DAY)
    assert said(owner_client.post(f"{SECTION}{link.pk}/revocation/")) == []
    assert stored(link).revoked_at == NOW - DAY


def test_after_a_change_the_list_is_as_it_was(owner_client: Client, link: OneTimeLink) -> None:
    state = "show=all&q=a&older_than=7"
    response = owner_client.post(f"{SECTION}{link.pk}/revocation/?{state}&made=3")
    assert response["Location"] == f"{SECTION}?{state}&kept={link.pk}&made=3"
    response = owner_client.post(f"{SECTION}{link.pk}/restoration/?place=share")
    assert response["Location"] == f"{SHARE}?kept={link.pk}"


@pytest.mark.parametrize("noun", ["revocation", "restoration"])
def test_reading_changes_nothing(owner_client: Client, link: OneTimeLink, noun: str) -> None:
    assert owner_client.get(f"{SECTION}{link.pk}/{noun}/").status_code == 405
    assert stored(link).revoked_at is None


@pytest.mark.parametrize("path", ["", "1/", "1/revocation/", "1/restoration/"])
def test_forged_post_is_refused(link: OneTimeLink, olive: Any, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(olive)
    assert client.post(SECTION + path.replace("1", str(link.pk))).status_code == 403


def test_htmx_takes_the_list_alone(owner_client: Client, link: OneTimeLink) -> None:
    page = owner_client.post(
        f"{SECTION}{link.pk}/revocation/", headers={"HX-Request": "true"}, follow=True
    )
    assert text_of(page).startswith('<div class="links" id="links"')
    assert "HX-Request" in page["Vary"]
    # The message is in the part that htmx swaps in, because the rest of the page stays.
    page = owner_client.post(
        f"{SECTION}{link.pk}/restoration/", headers={"HX-Request": "true"}, follow=True
    )
    assert "“Acme” works again." in text_of(page)
    assert "<!doctype" not in text_of(page)


# Edit


def test_edit_form_shows_the_facts(owner_client: Client, link: OneTimeLink) -> None:
    OneTimeLink.objects.update(expires_at=NOW + 9 * DAY)
    page = owner_client.get(f"{SECTION}{link.pk}/?show=all")
    form = page.context["form"]
    assert (form["note"].value(), form["expires_at"].value()) == ("Acme", "2026-12-01T13:00")
    assert shows(page, f'value="{link.address}" readonly')
    assert shows(page, f'href="{SECTION}?show=all">Cancel')


def test_edit(owner_client: Client, link: OneTimeLink) -> None:
    data = {"note": " Beta ", "expires_at": "2026-12-01T17:00"}
    response = owner_client.post(f"{SECTION}{link.pk}/?show=all", data)
    assert response["Location"] == f"{SECTION}?show=all&kept={link.pk}"
    assert said(response) == ["The link was saved."]
    assert stored(link).note == "Beta"
    assert stored(link).expires_at == datetime(2026, 12, 1, 16, 0, tzinfo=UTC)


def test_expiry_can_be_taken_away(owner_client: Client, link: OneTimeLink) -> None:
    OneTimeLink.objects.update(expires_at=NOW - timedelta(hours=1))
    owner_client.post(f"{SECTION}{link.pk}/", {"note": "", "expires_at": ""})
    assert stored(link).status(at=NOW) == "active"


def test_note_of_an_expired_link(owner_client: Client, link: OneTimeLink) -> None:
    OneTimeLink.objects.update(expires_at=NOW - timedelta(minutes=90, seconds=7))
    form = owner_client.get(f"{SECTION}{link.pk}/").context["form"]
    data = {"note": "Late", "expires_at": form["expires_at"].value()}
    assert owner_client.post(f"{SECTION}{link.pk}/", data).status_code == 302
    assert stored(link).expires_at == NOW - timedelta(minutes=90, seconds=7)


@pytest.mark.parametrize(
    "data",
    [{"note": "x" * 201}, {"note": "a\x00"}, {"expires_at": "2026-11-22T13:00"}],
)
def test_refused_edit(owner_client: Client, link: OneTimeLink, data: dict[str, str]) -> None:
    typed = {"note": "Beta", "expires_at": "", **data}
    response = owner_client.post(f"{SECTION}{link.pk}/", typed)
    assert response.status_code == 422
    form = response.context["form"]
    assert {name: form[name].value() for name in typed} == typed
    assert stored(link).note == "Acme"


def test_preset_in_the_edit_form(owner_client: Client, link: OneTimeLink) -> None:
    response = owner_client.post(f"{SECTION}{link.pk}/", {"note": "Beta", "preset": "1-day"})
    form = response.context["form"]
    assert (form["note"].value(), form["expires_at"].value()) == ("Beta", "2026-11-23T13:00")
    assert stored(link).note == "Acme"


def test_older_tab_saves_only_what_was_typed_in_it(owner_client: Client, link: OneTimeLink) -> None:
    OneTimeLink.objects.update(expires_at=NOW + DAY)
    address = f"{SECTION}{link.pk}/"
    older = {"note": "Acme", "expires_at": "2026-11-23T13:00"}
    older |= {f"initial-{name}": value for name, value in older.items()}
    text = text_of(owner_client.get(address))
    for name in ("note", "expires_at"):
        assert f'name="initial-{name}" value="{older[name]}"' in text
    owner_client.post(address, {**older, "note": "Acme, Ms Ito"})
    owner_client.post(address, {**older, "expires_at": "2026-12-01T13:00"})
    assert (stored(link).note, stored(link).expires_at) == ("Acme, Ms Ito", NOW + 9 * DAY)
    # A preset fills in the field, which then differs from what the page showed at first.
    page = owner_client.post(address, {**older, "preset": "3-days"})
    form = page.context["form"]
    assert form["expires_at"].value() == "2026-11-25T13:00"
    assert 'name="initial-expires_at" value="2026-11-23T13:00"' in text_of(page)


def test_link_changed_in_both_tabs_is_told_and_then_saved(
    owner_client: Client, link: OneTimeLink
) -> None:
    OneTimeLink.objects.update(expires_at=NOW + DAY)
    address = f"{SECTION}{link.pk}/"
    older = untouched(owner_client.get(address), holding="note")
    newer = {"note": ["Beta"], "expires_at": ["2026-12-01T13:00"]}
    owner_client.post(address, {**older, **newer})
    typed = {"note": ["Gamma"], "expires_at": ["2026-12-02T13:00"]}
    refused = owner_client.post(address, {**older, **typed})
    assert refused.status_code == 422
    assert "Changed elsewhere meanwhile: it is now “Beta”." in text_of(refused)
    assert "Changed elsewhere meanwhile: it is now “1 Dec 13:00”." in text_of(refused)
    assert (stored(link).note, stored(link).expires_at) == ("Beta", NOW + 9 * DAY)
    owner_client.post(address, untouched(refused, holding="note"))
    assert (stored(link).note, stored(link).expires_at) == ("Gamma", NOW + 10 * DAY)


@pytest.mark.parametrize("dead", ["used", "revoked"])
def test_dead_link_keeps_its_expiry(owner_client: Client, link: OneTimeLink, dead: str) -> None:
    if dead == "used":
        BookingFactory.create(calendar=link.calendar, one_time_link=link)
    else:
        revoke_link(link=link, now=NOW)
    address = f"{SECTION}{link.pk}/"
    page = owner_client.get(address)
    assert list(page.context["form"].fields) == ["note"]
    assert link.token not in text_of(page)
    # This form comes from a page that was opened while the link was Active.
    response = owner_client.post(address, {"note": "Beta", "expires_at": "2026-12-01T17:00"})
    assert response.status_code == 422
    assert "It was used or revoked, so it keeps its expiry." in text_of(response)
    assert list(response.context["form"].fields) == ["note"]
    assert response.context["form"]["note"].value() == "Beta"
    assert stored(link).note == "Acme"
    assert owner_client.post(address, {"note": "Beta"}).status_code == 302
    assert stored(link).note == "Beta"


def test_link_used_between_check_and_save(
    owner_client: Client, link: OneTimeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def use_first(**arguments: Any) -> OneTimeLink:
        BookingFactory.create(calendar=link.calendar, one_time_link=link)
        return edit_link(**arguments)

    monkeypatch.setattr(views, "edit_link", use_first)
    data = {"note": "Beta", "expires_at": "2026-12-01T17:00"}
    response = owner_client.post(f"{SECTION}{link.pk}/", data)
    assert response.status_code == 422
    assert stored(link).expires_at is None


def test_note_saved_while_another_tab_extends_the_link(
    owner_client: Client, link: OneTimeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    OneTimeLink.objects.update(expires_at=NOW - timedelta(hours=1))

    def extend_first(**arguments: Any) -> OneTimeLink:
        OneTimeLink.objects.update(expires_at=NOW + DAY)
        return edit_link(**arguments)

    monkeypatch.setattr(views, "edit_link", extend_first)
    data = {"note": "Beta", "expires_at": "2026-11-22T12:00"}
    assert owner_client.post(f"{SECTION}{link.pk}/", data).status_code == 302
    assert (stored(link).note, stored(link).expires_at) == ("Beta", NOW + DAY)


def test_expiry_that_passes_between_check_and_save(
    owner_client: Client, link: OneTimeLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**arguments: Any) -> OneTimeLink:
        raise ExpiryPassed

    monkeypatch.setattr(views, "edit_link", refuse)
    data = {"note": "Beta", "expires_at": "2026-12-01T17:00"}
    response = owner_client.post(f"{SECTION}{link.pk}/", data)
    assert response.status_code == 422
    assert "Choose a time in the future." in text_of(response)


def test_expiry_that_was_not_asked_for_stays(owner_client: Client, link: OneTimeLink) -> None:
    """A page opened while the link was Revoked leaves the expiry alone after its restoration."""
    OneTimeLink.objects.update(expires_at=NOW + DAY)
    owner_client.post(f"{SECTION}{link.pk}/", {"note": "Beta"})
    assert (stored(link).note, stored(link).expires_at) == ("Beta", NOW + DAY)


# The Share dialog


def test_share_tab_makes_a_link(owner_client: Client, calendar: Calendar) -> None:
    page = owner_client.post(SHARE, follow=True)
    link = calendar.one_time_links.get()
    assert page.redirect_chain == [(f"{SHARE}?made={link.pk}", 302)]
    text = text_of(page)
    assert shows(text, f'value="{link.address}" readonly')
    assert "Send each link to one person. It stops working once it is used." in text
    assert "<!DOCTYPE" in text


def test_share_tab_as_a_fragment(owner_client: Client, calendar: Calendar) -> None:
    page = owner_client.post(SHARE, headers={"HX-Request": "true"}, follow=True)
    assert text_of(page).startswith('<div class="share" id="share"')
    assert "HX-Request" in page["Vary"]
    assert "HX-Request" in owner_client.get(SHARE)["Vary"]


def test_share_tab_shows_the_newest_ten(owner_client: Client, calendar: Calendar) -> None:
    for n in range(12):
        OneTimeLinkFactory.create(calendar=calendar, note=str(n))
    page = owner_client.get(SHARE)
    shown = [row.link.note for row in page.context["links"].rows]
    assert shown == [str(n) for n in range(11, 1, -1)]
    assert f'<a href="{SECTION}">All links</a>' in text_of(page)


def test_share_tab_leads_back_to_itself(owner_client: Client, link: OneTimeLink) -> None:
    text = text_of(owner_client.get(SHARE))
    assert f'action="{SECTION}{link.pk}/revocation/?place=share"' in text
    page = owner_client.get(f"{SECTION}{link.pk}/?place=share")
    assert "Share Discovery call" in text_of(page)
    response = owner_client.post(f"{SECTION}{link.pk}/?place=share", {"note": "Beta"})
    assert response["Location"] == f"{SHARE}?kept={link.pk}"


def test_paused_calendar_says_so_in_both_places(owner_client: Client, link: OneTimeLink) -> None:
    Calendar.objects.update(paused_at=NOW)
    for address in (SECTION, SHARE):
        assert "This calendar is paused." in text_of(owner_client.get(address))
