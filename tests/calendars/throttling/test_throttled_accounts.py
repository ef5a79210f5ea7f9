"""Guessing passwords and flooding mailboxes is slow, and no stranger locks an owner out by it."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from limits import parse_many

from calendars.accounts.resets import ResetMails
from calendars.models import Owner
from calendars.outbox.postman import Postman
from calendars.throttling.throttle import REMEMBERED
from tests.support.booking.delivering import deliver_all
from tests.support.pages.parsing import text_of
from tests.support.world.factories import PASSWORD

pytestmark = pytest.mark.django_db
STRANGERS, OLIVES = "198.51.100.1", "192.0.2.7"


@pytest.fixture(autouse=True)
def limits(settings: Any) -> None:
    settings.SIGN_UP_OPEN = True
    settings.LIMITS = {
        "sign_ins": parse_many("3 per 15 minutes"),
        "sign_ins_per_address": parse_many("6 per 15 minutes"),
        "resets": parse_many("2 per hour"),
        "resets_per_address": parse_many("6 per hour"),
        "sign_ups_per_address": parse_many("2 per hour"),
        "emails_per_recipient": [],
        "confirmations_per_owner": [],
    }


def sign_in(email: str, password: str, *, address: str = STRANGERS, path: str = "/sign-in/") -> Any:
    """Sign in from a fresh browser."""
    return Client().post(path, {"username": email, "password": password}, REMOTE_ADDR=address)


def guess(times: int, email: str = "olive@example.com", **options: str) -> list[int]:
    return [sign_in(email, "wrong", **options).status_code for _ in range(times)]


def test_guessing_ends_even_with_the_right_password(olive: Owner) -> None:
    assert guess(4) == [422, 422, 422, 429]
    refused = sign_in("Olive@Example.com ", PASSWORD)
    assert refused.status_code == 429
    assert 14 * 60 < int(refused["Retry-After"]) <= 15 * 60
    assert "Too many tries. Please try again in 15 minutes." in text_of(refused)
    assert 'href="">Try again</a>' in text_of(refused)


def test_owner_signs_in_from_elsewhere_meanwhile(olive: Owner) -> None:
    guess(20)
    assert sign_in("olive@example.com", PASSWORD, address=OLIVES).status_code == 302


def test_stranger_is_not_told_which_accounts_there_are(olive: Owner) -> None:
    assert guess(4, "olive@example.com") == guess(4, "nobody@example.com", address=OLIVES)


def test_one_password_for_many_accounts_is_guessing_too() -> None:
    answers = [guess(1, f"owner{number}@example.com") for number in range(7)]
    assert answers == [[422]] * 6 + [[429]]


def test_right_password_clears_the_account_but_not_the_address(olive: Owner, sam: Owner) -> None:
    for _ in range(2):
        assert guess(2) == [422, 422]
        assert sign_in("olive@example.com", PASSWORD).status_code == 302
    # An attacker does not gain guesses by an account of their own.
    assert sign_in("sam@example.com", PASSWORD).status_code == 429


def test_forged_header_is_no_way_around(olive: Owner) -> None:
    form = {"username": "olive@example.com", "password": "wrong"}
    answers = [
        Client(headers={"X-Forwarded-For": f"192.0.2.{number}"}).post("/sign-in/", form).status_code
        for number in range(4)
    ]
    assert answers == [422, 422, 422, 429]


def test_admin_has_the_same_door(client: Client, olive: Owner) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/sign-in/?next=/admin/"
    login = "/admin/login/?next=/admin/"
    answers = {sign_in("olive@example.com", PASSWORD, path=login).status_code for _ in range(9)}
    assert answers == {403}
    client.force_login(olive)
    assert client.get("/admin/", follow=True).status_code == 403
    Owner.objects.update(is_staff=True)
    assert client.get("/admin/login/", follow=True).redirect_chain[-1][0] == "/admin/"


def test_operator_lets_everybody_in_again(olive: Owner, capsys: pytest.CaptureFixture) -> None:
    guess(4)
    call_command("clear_throttles")
    assert "within 10 seconds" in capsys.readouterr().out
    REMEMBERED.clear()
    assert sign_in("olive@example.com", PASSWORD).status_code == 302


# The current password, on an owner's own pages


@dataclass(frozen=True)
class Door:
    """A page that asks for the current password."""

    path: str
    field: str
    form: dict[str, str]

    def try_password(self, owner: Owner, password: str, *, address: str = STRANGERS) -> Any:
        browser = Client()
        browser.force_login(owner)
        return browser.post(self.path, {**self.form, self.field: password}, REMOTE_ADDR=address)

    def guess(self, owner: Owner, times: int) -> list[int]:
        return [self.try_password(owner, "wrong").status_code for _ in range(times)]


NEW_PASSWORD = "a staple and a battery"
DOORS = [
    Door("/profile/", "current_password", {"display_name": "O", "email": "thief@example.com"}),
    Door(
        "/profile/password/",
        "old_password",
        {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD},
    ),
]
each_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.path)


@each_door
def test_guessing_in_a_stolen_session_ends_too(olive: Owner, door: Door) -> None:
    assert door.guess(olive, 4) == [422, 422, 422, 429]
    refused = door.try_password(olive, PASSWORD)
    assert refused.status_code == 429
    assert "Too many tries. Please try again in 15 minutes." in text_of(refused)
    kept = Owner.objects.get()
    assert (kept.email, kept.check_password(PASSWORD)) == ("olive@example.com", True)


@each_door
def test_refused_guess_keeps_what_was_typed(olive: Owner, door: Door) -> None:
    door.guess(olive, 3)
    assert door.form.get("email", "") in text_of(door.try_password(olive, "wrong"))


@each_door
def test_all_doors_of_an_account_count_together(olive: Owner, door: Door) -> None:
    assert guess(2) == [422, 422]
    assert door.guess(olive, 2) == [422, 429]
    assert guess(1) == [429]


@each_door
def test_owner_elsewhere_is_not_locked_out_by_it(olive: Owner, door: Door) -> None:
    door.guess(olive, 6)
    assert door.try_password(olive, PASSWORD, address=OLIVES).status_code == 302


@each_door
def test_right_current_password_clears_the_count(olive: Owner, door: Door) -> None:
    door.guess(olive, 2)
    assert door.try_password(olive, PASSWORD).status_code == 302
    assert guess(3) == [422, 422, 422]


def test_profile_without_a_password_counts_nothing(olive: Owner) -> None:
    browser = Client()
    browser.force_login(olive)
    form = {"display_name": "O. Owner", "email": "olive@example.com", "current_password": "wrong"}
    assert {browser.post("/profile/", form).status_code for _ in range(9)} == {302}
    form["email"], form["current_password"] = "new@example.com", ""
    assert {browser.post("/profile/", form).status_code for _ in range(9)} == {422}


def test_admin_has_no_door_of_its_own_to_the_password(client: Client, olive: Owner) -> None:
    Owner.objects.update(is_staff=True)
    client.force_login(olive)
    answer = client.post("/admin/password_change/", {"old_password": "wrong"})
    assert (answer.status_code, answer["Location"]) == (302, "/profile/password/")


# Password reset and sign-up


def ask_for_a_new_password(email: str) -> int:
    answer = Client().post("/password-reset/", {"email": email}, REMOTE_ADDR=STRANGERS)
    return answer.status_code


def test_mailbox_is_not_flooded_and_tells_nothing(olive: Owner) -> None:
    for email in ("olive@example.com", "nobody@example.com"):
        assert [ask_for_a_new_password(email) for _ in range(3)] == [302, 302, 429]
    deliver_all(ResetMails(Postman()))
    assert len(mail.outbox) == 2
    assert ask_for_a_new_password("sam@example.com") == 429


def test_accounts_are_not_made_in_masses() -> None:
    form = {"display_name": "Nora New", "password": "a staple and a battery"}
    answers = [
        Client().post("/sign-up/", {**form, "email": f"nora{number}@example.com"}).status_code
        for number in range(3)
    ]
    assert answers == [302, 302, 429]
    assert Owner.objects.count() == 2
