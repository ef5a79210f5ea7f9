"""What the sign-in page carries of a form that came without a session, and who sees it again."""

from collections.abc import Iterator
from random import Random
from string import printable
from typing import Any

import pytest
from django.forms import BaseForm, PasswordInput
from django.test import Client

from booking.models import Booking
from calendars.models import Calendar, Owner
from calendars.typed import CARRIED, MARK, MAX_LENGTH
from onetime_links.models import OneTimeLink
from tests.support.pages.forms import Field, Form, forms_of
from tests.support.pages.parsing import text_of
from tests.support.pages.signing_out import (
    NOTHING_CHANGED,
    STILL_HERE,
    browser_of,
    carried_in,
    come_back,
    is_sign_in_page,
    open_form,
    send,
    send_signed_out,
    sign_in,
)
from tests.support.world.factories import PASSWORD, CalendarFactory, OneTimeLinkFactory

pytestmark = pytest.mark.django_db
SETTINGS = "/calendars/"
DETAILS = "/calendars/discovery-call/meeting-details/"
PAUSE = "/calendars/discovery-call/pause/"
SECTION = "/calendars/discovery-call/one-time-links/"
NEW_BOOKING = "/bookings/new/"


@pytest.fixture
def browser(call: Calendar) -> Client:
    return browser_of(call.owner)


@pytest.fixture
def details(browser: Client) -> Form:
    """The form of Meeting Details, with another name typed into it."""
    form = open_form(browser, DETAILS)
    form.fill(name="Typed name")
    return form


# Who comes back, and to what


def test_what_was_typed_is_saved_when_the_owner_sends_it_again(
    browser: Client, details: Form, call: Calendar
) -> None:
    led_to, page = come_back(browser, details, call.owner)
    call.refresh_from_db()
    assert (led_to, call.name) == (DETAILS, "Discovery call")
    assert 'data-guard="unsaved"' in text_of(page)
    again = next(form for form in forms_of(page, DETAILS) if form.action == DETAILS)
    assert send(browser, again).status_code == 302
    call.refresh_from_db()
    assert call.name == "Typed name"


def test_what_was_typed_is_shown_once(browser: Client, details: Form, olive: Owner) -> None:
    come_back(browser, details, olive)
    page = text_of(browser.get(DETAILS))
    assert "Typed name" not in page
    assert NOTHING_CHANGED not in page


def test_button_leads_back_to_the_page_it_was_on(
    browser: Client, call: Calendar, olive: Owner
) -> None:
    CalendarFactory.create_batch(31, owner=olive)
    page = f"{SETTINGS}?page=2"
    slug = Calendar.objects.of(olive)[31].slug
    form = open_form(browser, page, f"/calendars/{slug}/pause/")
    led_to, back = come_back(browser, form, olive)
    assert (led_to, back.status_code) == (page, 200)
    assert STILL_HERE not in text_of(back)
    assert not Calendar.objects.exclude(paused_at=None).exists()


def test_form_on_the_answer_to_a_form_leads_back_to_the_first_page(
    browser: Client, olive: Owner
) -> None:
    refused = open_form(browser, DETAILS)
    refused.fill(name="")
    answer = send(browser, refused)
    assert answer.status_code == 422
    form = next(form for form in forms_of(answer, DETAILS) if form.action == DETAILS)
    form.action = PAUSE  # an address that takes forms only
    assert come_back(browser, form, olive)[0] == DETAILS


def test_another_account_sees_nothing_of_it(
    browser: Client, details: Form, call: Calendar, sam: Owner
) -> None:
    led = sign_in(browser, send_signed_out(browser, details), sam.email)
    page = browser.get(led.headers["Location"])
    assert (led.headers["Location"], page.status_code) == (SETTINGS, 200)
    assert NOTHING_CHANGED not in text_of(page)
    mine = CalendarFactory.create(owner=sam)
    text = text_of(browser.get(f"/calendars/{mine.slug}/meeting-details/"))
    assert "Typed name" not in text
    assert STILL_HERE not in text


def test_wrong_password_keeps_what_was_typed(browser: Client, details: Form, olive: Owner) -> None:
    asked = send_signed_out(browser, details)
    refused = sign_in(browser, asked, olive.email, "wrong")
    assert refused.status_code == 422
    led = sign_in(browser, refused, olive.email)
    assert led.headers["Location"] == DETAILS
    assert 'value="Typed name"' in text_of(browser.get(DETAILS))


def test_other_page_drops_what_waits(browser: Client, details: Form, olive: Owner) -> None:
    """It must not come up weeks later."""
    sign_in(browser, send_signed_out(browser, details), olive.email)
    assert STILL_HERE not in text_of(browser.get("/calendars/discovery-call/booking-rules/"))
    assert "Typed name" not in text_of(browser.get(DETAILS))


def test_form_without_a_mark_leads_to_sign_in_all_the_same(
    browser: Client, details: Form, olive: Owner
) -> None:
    """A tab may have been open since before an upgrade."""
    details.drop(MARK)
    asked = send_signed_out(browser, details)
    assert NOTHING_CHANGED not in text_of(asked)
    assert sign_in(browser, asked, olive.email).headers["Location"] == SETTINGS


# Forms whose parts depend on what was typed


def test_rows_of_hours_come_back_as_typed(browser: Client, olive: Owner) -> None:
    address = "/calendars/discovery-call/availability/"
    form = open_form(browser, address)
    form.drop("0-start", "0-end")
    form.fill(**{"1-start": "half past", "1-end": "noon"})
    _address, page = come_back(browser, form, olive)
    shown = next(form for form in forms_of(page, address) if form.action == address)
    assert (shown.data["1-start"], shown.data["1-end"]) == (["half past"], ["noon"])
    assert "0-start" not in shown.data
    assert page.status_code == 200
    assert "error-summary" not in text_of(page)


def test_removed_questions_stay_removed(browser: Client, call: Calendar, olive: Owner) -> None:
    Calendar.objects.update(questions=[{"label": "Why?", "kind": "text", "required": False}])
    form = open_form(browser, "/calendars/discovery-call/booking-form/")
    form.drop(*(name for name in form.data if name.startswith("question-")))
    _address, page = come_back(browser, form, olive)
    assert 'value="Why?"' not in text_of(page)


def test_new_booking_comes_back_with_its_calendar_and_time(browser: Client, olive: Owner) -> None:
    asked = [{"label": "Why?", "kind": "text", "required": False}]
    other = CalendarFactory.create(owner=olive, name="Zoo", questions=asked)
    form = open_form(browser, NEW_BOOKING)
    form.fill(calendar=str(other.pk), date="2031-05-07", time="10:30", name="Cleo")
    form.fields += [Field("slot", "radio", "other"), Field("question-0", "text", "Tables")]
    _address, page = come_back(browser, form, olive)
    again = next(form for form in forms_of(page, NEW_BOOKING) if form.action == NEW_BOOKING)
    assert again.data["calendar"] == [str(other.pk)]
    assert (again.data["date"], again.data["slot"]) == (["2031-05-07"], ["other"])
    assert (again.data["time"], again.data["name"]) == (["10:30"], ["Cleo"])
    assert again.data["token"] == form.data["token"]
    assert not Booking.objects.exists()


def test_form_with_errors_comes_back_unjudged(browser: Client, olive: Owner) -> None:
    form = open_form(browser, "/bookings/time-off/new/")
    form.fill(first="2031-02-30", last="tomorrow")
    _address, page = come_back(browser, form, olive)
    assert page.status_code == 200
    assert 'value="2031-02-30"' in text_of(page)
    assert "errorlist" not in text_of(page)


# What is carried


def test_neither_passwords_nor_the_token_are_carried(call: Calendar, olive: Owner) -> None:
    browser = browser_of(olive)
    form = open_form(browser, "/profile/")
    form.type()
    owner, page, sent_to, fields = carried_in(send_signed_out(browser, form))
    assert (owner, page, sent_to) == (olive.pk, "/profile/", "/profile/")
    assert fields["display_name"] == ["Typed é"]
    assert form.data.keys() - fields.keys() == {"csrfmiddlewaretoken", MARK, "current_password"}
    browser = browser_of(olive)
    form = open_form(browser, "/profile/password/")
    form.type()
    assert form.data["new_password1"] == ["secret to nobody"]
    assert carried_in(send_signed_out(browser, form))[3] == {}


def test_password_fields_are_known_by_their_names() -> None:
    forms = [kind for kind in subclasses(BaseForm) if hasattr(kind, "base_fields")]
    fields = [pair for form in forms for pair in form.base_fields.items()]
    names = {name for name, field in fields if isinstance(field.widget, PasswordInput)}
    assert len(names) > 5
    assert {name for name in names if "password" not in name} == set()


def subclasses(kind: Any) -> Iterator[Any]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def noise(length: int) -> str:
    """Return a text that can hardly be compressed."""
    return "".join(Random(1).choices(printable, k=length))


def test_form_that_is_too_long_leads_back_without_what_was_typed(
    browser: Client, details: Form, olive: Owner
) -> None:
    details.fill(description=noise(2 * MAX_LENGTH))
    asked = send_signed_out(browser, details)
    assert carried_in(asked) == [olive.pk, DETAILS, "", {}]
    led = sign_in(browser, asked, olive.email)
    page = text_of(browser.get(led.headers["Location"]))
    assert led.headers["Location"] == DETAILS
    assert (NOTHING_CHANGED in page, STILL_HERE in page, "Discovery call" in page) == (
        True,
        False,
        True,
    )


def test_sign_in_form_with_much_in_it_can_be_sent(
    browser: Client, details: Form, olive: Owner
) -> None:
    details.fill(description=noise(MAX_LENGTH // 2))
    asked = send_signed_out(browser, details)
    assert len(asked.content) > MAX_LENGTH // 2
    assert sign_in(browser, asked, olive.email).headers["Location"] == DETAILS


@pytest.mark.parametrize("name", [MARK, CARRIED])
def test_what_was_tampered_with_is_ignored(
    browser: Client, details: Form, olive: Owner, name: str
) -> None:
    if name == MARK:
        details.fill(**{MARK: f"{details.data[MARK][0]}x"})
    asked = send_signed_out(browser, details)
    (form,) = forms_of(asked, "/nowhere/")
    form.fill(username=olive.email, password=PASSWORD)
    form.fill(**{CARRIED: f"x{form.data.get(CARRIED, [''])[0]}"})
    assert send(browser, form).headers["Location"] == SETTINGS
    assert "Typed name" not in text_of(browser.get(DETAILS))


def test_pages_of_clients_have_no_mark(browser: Client, call: Calendar) -> None:
    assert MARK not in text_of(browser.get("/book/discovery-call/"))
    assert MARK not in text_of(Client().get("/sign-in/"))


# Signed in again in another tab: the CSRF token of the form is not good any more


def test_form_of_before_comes_back_at_once(browser: Client, details: Form, olive: Owner) -> None:
    sign_in_again(browser, olive)
    answer = send(browser, details)
    assert (answer.status_code, answer.headers["Location"]) == (302, DETAILS)
    page = text_of(browser.get(DETAILS))
    assert NOTHING_CHANGED in page
    assert 'value="Typed name"' in page
    assert Calendar.objects.get().name == "Discovery call"


def sign_in_again(browser: Client, owner: Owner) -> None:
    """Sign in as in another tab, where the session has ended."""
    browser.cookies.pop("sessionid")
    assert sign_in(browser, browser.get("/sign-in/"), owner.email).status_code == 302


def test_sign_in_page_of_before_comes_back_too(
    browser: Client, details: Form, olive: Owner
) -> None:
    asked = send_signed_out(browser, details)
    sign_in_again(browser, olive)
    assert sign_in(browser, asked, olive.email).headers["Location"] == DETAILS
    assert 'value="Typed name"' in text_of(browser.get(DETAILS))


def test_form_of_another_account_is_refused(browser: Client, details: Form, sam: Owner) -> None:
    sign_in_again(browser, sam)
    answer = send(browser, details)
    assert answer.status_code == 403
    assert "This page was open for too long" in text_of(answer)
    assert "Typed name" not in text_of(answer)
    assert "typed" not in browser.session


@pytest.mark.parametrize("spoiled", ["mark", "origin"])
def test_form_of_another_site_is_refused(
    browser: Client, details: Form, olive: Owner, spoiled: str
) -> None:
    sign_in_again(browser, olive)
    if spoiled == "mark":
        details.drop(MARK)
    origin = "https://evil.example" if spoiled == "origin" else "http://testserver"
    answer = send(browser, details, Origin=origin)
    assert (answer.status_code, is_sign_in_page(answer)) == (403, False)
    assert "typed" not in browser.session


# htmx


def test_htmx_gets_the_sign_in_page_in_place_of_the_whole_page(
    browser: Client, call: Calendar, olive: Owner
) -> None:
    """htmx puts the main part of a refusal into the body: see `responseHandling` of owner.html."""
    link = OneTimeLinkFactory.create(calendar=call)
    form = open_form(browser, SECTION, f"{SECTION}{link.pk}/revocation/")
    asked = send_signed_out(browser, form, **{"HX-Request": "true"})
    assert sign_in(browser, asked, olive.email).headers["Location"] == SECTION
    assert OneTimeLink.objects.get().revoked_at is None


def test_htmx_is_led_to_the_page_after_signing_in_elsewhere(
    browser: Client, details: Form, olive: Owner
) -> None:
    sign_in_again(browser, olive)
    assert send(browser, details, **{"HX-Request": "true"}).headers["HX-Redirect"] == DETAILS
