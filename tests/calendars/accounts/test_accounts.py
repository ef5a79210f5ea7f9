import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from calendars.accounts.owners import create_owner
from calendars.accounts.resets import ResetMails
from calendars.errors import EmailTaken
from calendars.models import TIME_ZONE_NOT_CHOSEN, Owner
from calendars.outbox.postman import Postman
from tests.support.booking.delivering import deliver_all
from tests.support.pages.untouched import untouched
from tests.support.world.factories import PASSWORD

pytestmark = pytest.mark.django_db
SIGN_IN = "/sign-in/"
NEW_PASSWORD = "a staple and a battery"


def sign_in(client: Client, email: str = "olive@example.com", **fields: str) -> Any:
    return client.post(SIGN_IN, {"username": email, "password": PASSWORD, **fields})


# Sign in and out


@pytest.mark.parametrize("email", ["olive@example.com", "Olive@Example.COM"])
def test_owner_signs_in_by_email(client: Client, olive: Owner, email: str) -> None:
    assertRedirects(sign_in(client, email), "/calendars/")


def test_wrong_password_is_refused_and_the_email_kept(client: Client, olive: Owner) -> None:
    response = sign_in(client, password="wrong")
    assertContains(response, "This email and password do not go together.", status_code=422)
    assertContains(response, 'value="olive@example.com"', status_code=422)
    assertNotContains(response, 'value="wrong"', status_code=422)


def test_unknown_and_inactive_get_the_same_answer(client: Client, olive: Owner) -> None:
    olive.is_active = False
    olive.save()
    for email in ("olive@example.com", "nobody@example.com"):
        assertContains(sign_in(client, email), "do not go together", status_code=422)


def test_next_is_followed_within_the_site(client: Client, olive: Owner) -> None:
    target = "/calendars/new/"
    assertContains(client.get(SIGN_IN, {"next": target}), f'name="next" value="{target}"')
    assertRedirects(sign_in(client, next=target), target)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil"]
)
def test_next_to_elsewhere_is_ignored(client: Client, olive: Owner, target: str) -> None:
    assertRedirects(sign_in(client, next=target), "/calendars/")


def test_sign_out_wants_post(as_olive: Client) -> None:
    assert as_olive.get("/sign-out/").status_code == 405
    assertRedirects(as_olive.post("/sign-out/"), SIGN_IN)
    assert as_olive.get("/calendars/").status_code == 302


def test_new_installation_tells_how_to_make_the_first_owner(client: Client) -> None:
    response = client.get(SIGN_IN)
    assertContains(response, "python manage.py createsuperuser")
    create_owner(email="first@example.com", display_name="First", password=PASSWORD)
    assertNotContains(client.get(SIGN_IN), "createsuperuser")


def test_signed_in_owner_is_not_asked_again(as_olive: Client) -> None:
    assertRedirects(as_olive.get(SIGN_IN), "/calendars/")


# Sign up


def sign_up(client: Client, **fields: str) -> Any:
    form = {"display_name": "Nora New", "email": "Nora@Example.com", "password": NEW_PASSWORD}
    return client.post("/sign-up/", {**form, **fields})


def test_sign_up_is_not_there_unless_opened(client: Client) -> None:
    assert client.get("/sign-up/").status_code == 404
    assert sign_up(client).status_code == 404
    assertNotContains(client.get(SIGN_IN), "/sign-up/")
    assert not Owner.objects.exists()


def test_sign_up_makes_an_owner_and_signs_them_in(client: Client, settings: Any) -> None:
    settings.SIGN_UP_OPEN = True
    assertContains(client.get(SIGN_IN), "/sign-up/")
    assertRedirects(sign_up(client), "/calendars/")
    owner = Owner.objects.get()
    assert (owner.email, owner.display_name) == ("nora@example.com", "Nora New")
    assert (owner.is_staff, owner.is_superuser) == (False, False)
    assert owner.check_password(NEW_PASSWORD)


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("email", "OLIVE@example.com", "There is already an account with this email."),
        ("email", "nora", "valid email"),
        ("email", "nora\u0131@example.com", "No email can be sent to this address."),
        ("display_name", "", "Fill this in."),
        ("display_name", "No\u202era", "invisible characters"),
        ("password", "short", "too short"),
        ("password", "12345678901", "numeric"),
        ("password", "nora@example.com", "too similar"),
    ],
)
def test_sign_up_names_each_error(
    client: Client, olive: Owner, settings: Any, field: str, value: str, error: str
) -> None:
    settings.SIGN_UP_OPEN = True
    response = sign_up(client, **{field: value})
    assertContains(response, error, status_code=422)
    if field != "display_name":
        assertContains(response, 'value="Nora New"', status_code=422)
    assert Owner.objects.count() == 1


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("", TIME_ZONE_NOT_CHOSEN),
        ("Mars/Olympus", TIME_ZONE_NOT_CHOSEN),
    ],
)
def test_sign_up_takes_the_zone_of_the_browser_where_it_is_one(
    client: Client, settings: Any, sent: str, kept: str
) -> None:
    settings.SIGN_UP_OPEN = True
    assertContains(client.get("/sign-up/"), '<input type="hidden" name="time_zone"')
    assert sign_up(client, time_zone=sent).status_code == 302
    assert Owner.objects.get().time_zone == kept


def test_two_sign_ups_with_one_email_make_one_owner(olive: Owner) -> None:
    with pytest.raises(EmailTaken):
        create_owner(email="OLIVE@example.com", display_name="Other", password=PASSWORD)


# Profile


def save_profile(client: Client, **fields: str) -> Any:
    form = {"display_name": "Olive Owner", "email": "olive@example.com", "current_password": ""}
    return client.post("/profile/", {**form, **fields})


def test_display_name_changes_without_the_password(as_olive: Client, olive: Owner) -> None:
    assertContains(
        as_olive.post(
            "/profile/", {"display_name": "O. Owner", "email": "olive@example.com"}, follow=True
        ),
        "Your profile is saved.",
    )
    olive.refresh_from_db()
    assert olive.display_name == "O. Owner"


def test_time_zone_changes(as_olive: Client, olive: Owner) -> None:
    save_profile(as_olive, time_zone="Asia/Tokyo")
    olive.refresh_from_db()
    assert olive.time_zone == "Asia/Tokyo"
    assertContains(
        as_olive.get("/profile/"), '<option value="Asia/Tokyo" selected>Tokyo</option>', html=True
    )


def test_profile_sent_without_a_time_zone_keeps_it(as_olive: Client, olive: Owner) -> None:
    save_profile(as_olive)
    olive.refresh_from_db()
    assert olive.time_zone == "Europe/Berlin"


def test_unknown_time_zone_is_refused(as_olive: Client, olive: Owner) -> None:
    assert save_profile(as_olive, time_zone="Mars/Olympus").status_code == 422
    olive.refresh_from_db()
    assert olive.time_zone == "Europe/Berlin"


def test_email_changes_only_with_the_password(as_olive: Client, olive: Owner) -> None:
    for password in ("", "wrong"):
        response = save_profile(as_olive, email="new@example.com", current_password=password)
        assertContains(response, "type your current password", status_code=422)
        assertContains(response, 'value="new@example.com"', status_code=422)
        assertNotContains(response, "<br>new@example.com", status_code=422)
    save_profile(as_olive, email="New@example.com", current_password=PASSWORD)
    olive.refresh_from_db()
    assert olive.unconfirmed_email == "new@example.com"


def test_email_of_another_owner_is_refused(as_olive: Client, sam: Owner) -> None:
    response = save_profile(as_olive, email="sam@example.com", current_password=PASSWORD)
    assertContains(response, "There is already an account with this email.", status_code=422)


def test_older_tab_saves_only_what_was_typed_in_it(as_olive: Client, olive: Owner) -> None:
    older = untouched(as_olive.get("/profile/"), holding="display_name")
    assert "initial-current_password" not in older
    newer = {"display_name": ["O. Owner"], "email": ["new@example.com"], "language": ["de-DE"]}
    newer |= {"forget_after_days": ["90"], "current_password": [PASSWORD]}
    response = as_olive.post("/profile/", {**older, **newer})
    assert response.status_code == 302, response.context["form"].errors
    # The email was not changed in this tab, so it does not ask for the password.
    assert as_olive.post("/profile/", {**older, "time_zone": ["Asia/Tokyo"]}).status_code == 302
    olive.refresh_from_db()
    assert (olive.display_name, olive.unconfirmed_email) == ("O. Owner", "new@example.com")
    assert (olive.language, olive.forget_after_days) == ("de-DE", 90)
    assert olive.time_zone == "Asia/Tokyo"


def test_profile_changed_in_both_tabs_is_told_and_then_saved(
    as_olive: Client, olive: Owner
) -> None:
    older = untouched(as_olive.get("/profile/"), holding="display_name")
    as_olive.post("/profile/", {**older, "display_name": ["O. Owner"], "forget_after_days": ["9"]})
    typed = {"display_name": ["Ms Owner"], "forget_after_days": ["30"]}
    refused = as_olive.post("/profile/", {**older, **typed})
    assertContains(refused, "it is now “O. Owner”. Save again", status_code=422)
    assertContains(refused, "it is now “9”. Save again", status_code=422)
    assertContains(refused, 'value="Ms Owner"', status_code=422)
    as_olive.post("/profile/", untouched(refused, holding="display_name"))
    olive.refresh_from_db()
    assert (olive.display_name, olive.forget_after_days) == ("Ms Owner", 30)


# Passwords


def test_password_change_wants_the_old_one(as_olive: Client, olive: Owner) -> None:
    form = {"old_password": "?", "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert as_olive.post("/profile/password/", form).status_code == 422
    response = as_olive.post("/profile/password/", {**form, "old_password": PASSWORD}, follow=True)
    assertRedirects(response, "/profile/")
    assertContains(response, "Your password is changed.")
    olive.refresh_from_db()
    assert olive.check_password(NEW_PASSWORD)


def test_password_reset_by_email(client: Client, olive: Owner, settings: Any) -> None:
    settings.BASE_URL = "https://book.example.com"
    response = client.post(
        "/password-reset/", {"email": "Olive@example.com"}, headers={"Host": "testserver"}
    )
    assertRedirects(response, "/password-reset/sent/")
    deliver_all(ResetMails(Postman()))
    (message,) = mail.outbox
    assert message.subject == "Your Quantix password"
    link = re.search(r"https://book\.example\.com(/password-reset/\S+)", str(message.body))
    assert link
    form_page = client.get(link[1], follow=True)
    assertContains(form_page, "Choose a new password")
    address = form_page.request["PATH_INFO"]
    assert client.post(address, {"new_password1": "a", "new_password2": "b"}).status_code == 422
    passwords = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assertContains(client.post(address, passwords, follow=True), "Your new password is set.")
    olive.refresh_from_db()
    assert olive.check_password(NEW_PASSWORD)
    assertContains(client.get(link[1], follow=True), "This link no longer works")


def test_password_reset_says_the_same_for_an_unknown_email(client: Client) -> None:
    response = client.post("/password-reset/", {"email": "nobody@example.com"})
    assertRedirects(response, "/password-reset/sent/")
    deliver_all(ResetMails(Postman()))
    assert mail.outbox == []


# Error pages


def test_unknown_address_has_a_page(client: Client, settings: Any) -> None:
    assertContains(client.get("/nothing/"), "There is no such page", status_code=404)


def test_form_without_its_token_is_refused_in_words(olive: Owner) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(olive)
    response = client.post("/calendars/new/", {})
    assertContains(response, "This page was open for too long", status_code=403)


def test_session_that_ended_leads_the_whole_window_to_sign_in(client: Client, olive: Owner) -> None:
    """An expired session makes htmx load sign-in as a page, not into a dialog or a part."""
    page = "http://testserver/calendars/"
    response = client.get(
        "/calendars/new/", headers={"HX-Request": "true", "HX-Current-URL": page}, follow=True
    )
    assert response.headers["HX-Redirect"] == page
    assert response.content == b""
