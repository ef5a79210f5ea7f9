"""Owners confirm that their email is theirs, before anything is sent in their name."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.test import Client
from limits import parse_many
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from booking.delivery.worker import Worker, all_kinds
from calendars.accounts.confirmation import (
    LIFE,
    NothingToConfirm,
    confirm_email,
    make_confirmation_token,
)
from calendars.accounts.confirmation_mail import ConfirmationMails
from calendars.accounts.owners import create_owner, sign_up_owner
from calendars.accounts.resets import ResetMails
from calendars.errors import EmailTaken
from calendars.models import Confirmation, Owner
from calendars.outbox.handover import Outcome
from calendars.outbox.postman import Postman
from tests.support.booking.delivering import deliver_all
from tests.support.database.queries import counted_queries
from tests.support.races.processes import race
from tests.support.world.factories import PASSWORD, OwnerFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NEW_PASSWORD = "a staple and a battery"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def nora() -> Owner:
    """Return an owner who has signed up and not confirmed anything."""
    return sign_up_owner(
        email="Nora@example.com", display_name="Nora New", password=NEW_PASSWORD, now=NOW
    )


@pytest.fixture
def as_nora(client: Client, nora: Owner) -> Client:
    client.force_login(nora)
    return client


def send_all() -> list[Outcome]:
    return deliver_all(ConfirmationMails(Postman()))


def link_in(message: Any) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/confirm-email/\S+)", message.body)
    assert found
    return found[1]


def save_profile(client: Client, email: str) -> Any:
    form = {"display_name": "Olive Owner", "email": email, "current_password": PASSWORD}
    return client.post("/profile/", form, follow=True)


# Signing up


def test_who_signs_up_gets_a_link_and_confirms_by_a_button(client: Client, settings: Any) -> None:
    settings.SIGN_UP_OPEN = True
    form = {"display_name": "Nora New", "email": "Nora@example.com", "password": NEW_PASSWORD}
    page = client.post("/sign-up/", form, follow=True)
    assertContains(page, "Open the link that we sent to nora@example.com.")
    owner = Owner.objects.get()
    assert (owner.email, owner.is_confirmed) == ("nora@example.com", False)
    assert send_all() == [Outcome.DONE]
    [message] = mail.outbox
    assert (message.to, message.subject) == (["nora@example.com"], "Confirm your email")
    assert message.body.startswith("Hello Nora New,\n")
    link = link_in(message)
    for _ in range(2):  # a mail scanner opens the link, too
        assertContains(client.get(link), "Is nora@example.com your address?")
    owner.refresh_from_db()
    assert not owner.is_confirmed
    confirmed = client.post(link, follow=True)
    assertContains(confirmed, "Your email is confirmed.")
    assertNotContains(confirmed, "Open the link that we sent")
    owner.refresh_from_db()
    assert (owner.email, owner.unconfirmed_email, owner.is_confirmed) == (
        *("nora@example.com", ""),
        True,
    )
    # The same again, as by a double click or the browser's Back, leads to the same.
    assertContains(client.post(link, follow=True), "Your email is confirmed.")
    assertRedirects(client.get(link), "/profile/")


@pytest.mark.parametrize("name", ["Prize at https://evil.example", "www.evil.example", "evil.io"])
def test_no_email_to_a_stranger_greets_by_an_address(client: Client, name: str) -> None:
    """Whoever signs up with a stranger's address chooses the name in the greeting."""
    sign_up_owner(email="victim@example.com", display_name=name, password=NEW_PASSWORD, now=NOW)
    assert send_all() == [Outcome.DONE]
    client.post("/password-reset/", {"email": "victim@example.com"})
    assert deliver_all(ResetMails(Postman())) == [Outcome.DONE]
    assert len(mail.outbox) == 2
    for message in mail.outbox:
        assert "evil" not in message.message().as_string()
        assert message.body.startswith("Hello victim@example.com,\n")


def test_one_address_is_sent_few_links_for_a_password(
    client: Client, olive: Owner, settings: Any
) -> None:
    """Strangers in many networks could flood it: those limits count by network."""
    settings.LIMITS = {**settings.LIMITS, "emails_per_recipient": parse_many("2 per hour")}
    for _ in range(4):
        page = client.post("/password-reset/", {"email": olive.email}, follow=True)
        assertContains(page, "a link is on its way")
    sent = deliver_all(ResetMails(Postman()))
    assert sent == [Outcome.DONE] * 2 + [Outcome.POSTPONED] * 2


def test_owner_made_otherwise_is_confirmed(olive: Owner) -> None:
    first = create_owner(email="first@example.com", display_name="First", password=NEW_PASSWORD)
    call_command("createsuperuser", "--noinput", email="super@example.com", display_name="Super")
    superuser = Owner.objects.get(email="super@example.com")
    assert [each.is_confirmed for each in (olive, first, superuser)] == [True] * 3
    assert not Confirmation.objects.exists()


def test_sign_up_with_a_taken_email_sends_nothing(olive: Owner) -> None:
    with pytest.raises(EmailTaken):
        sign_up_owner(email="olive@example.com", display_name="X", password=NEW_PASSWORD, now=NOW)
    assert not Confirmation.objects.exists()


# The link


def test_link_is_for_its_owner_alone(client: Client, nora: Owner, sam: Owner) -> None:
    """Whoever is sent a link that a stranger asked for cannot confirm the stranger's account."""
    link = f"/confirm-email/{make_confirmation_token(nora)}/"
    assertRedirects(client.get(link), f"/sign-in/?next={link}")
    assert client.post(link).status_code == 403
    for other in (sam, OwnerFactory.create(unconfirmed_email="nora@example.com")):
        client.force_login(other)
        assert client.get(link).status_code == client.post(link).status_code == 410
    nora.refresh_from_db()
    assert not nora.is_confirmed


def test_link_dies_after_three_days(nora: Owner, clock: time_machine.Traveller) -> None:
    token = make_confirmation_token(nora)
    clock.shift(LIFE + timedelta(seconds=1))
    with pytest.raises(NothingToConfirm):
        confirm_email(owner=nora, token=token)


@pytest.mark.parametrize("token", ["nothing", "a.b", "é.ü", "x" * 500])
def test_made_up_link_confirms_nothing(as_nora: Client, nora: Owner, token: str) -> None:
    assertContains(as_nora.get(f"/confirm-email/{token}/"), "no longer works", status_code=410)
    assert as_nora.post(f"/confirm-email/{token}/").status_code == 410


def test_link_is_kept_by_nobody(as_nora: Client, nora: Owner) -> None:
    response = as_nora.get(f"/confirm-email/{make_confirmation_token(nora)}/")
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex, nofollow"


# Sending it again


def test_link_is_sent_again_from_the_profile(
    as_nora: Client, settings: Any, clock: time_machine.Traveller
) -> None:
    settings.LIMITS = {**settings.LIMITS, "confirmations_per_owner": parse_many("2 per hour")}
    assertContains(as_nora.get("/profile/"), "Send it again")
    assert send_all() == [Outcome.DONE]
    for _ in range(2):
        page = as_nora.post("/profile/confirmation/", follow=True)
        assertContains(page, "The link is on its way to nora@example.com.")
    refused = as_nora.post("/profile/confirmation/", follow=True)
    assertContains(refused, "Too many tries. Please try again in 60 minutes.")
    # A double click sends one. Both of those that were sent work.
    assert send_all() == [Outcome.DONE]
    assert len(mail.outbox) == 2
    assert as_nora.post(link_in(mail.outbox[0])).status_code == 302


def test_one_address_is_sent_few_links(settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, "emails_per_recipient": parse_many("2 per hour")}
    for n in range(4):
        owner = OwnerFactory.create(unconfirmed_email=f"vic.tim+{n}@example.com")
        Confirmation.objects.create(owner=owner, due_at=NOW, next_try_at=NOW)
    assert send_all() == [Outcome.DONE] * 2 + [Outcome.POSTPONED] * 2


def test_confirmed_owner_is_not_asked(as_olive: Client) -> None:
    page = as_olive.get("/profile/")
    assertNotContains(page, "Send it again")
    assertContains(as_olive.post("/profile/confirmation/", follow=True), "is confirmed")
    assert not Confirmation.objects.exists()


def test_link_that_could_not_be_sent_says_why(as_nora: Client) -> None:
    Confirmation.objects.update(failed_at=NOW, error="The mailbox is full.")
    assertContains(as_nora.get("/profile/"), "The mailbox is full.")


def test_notice_costs_no_query(client: Client, olive: Owner, nora: Owner) -> None:
    counts = []
    for owner in (olive, nora):
        client.force_login(owner)
        with counted_queries() as queries:
            client.get("/calendars/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Another email


def test_changed_email_counts_once_its_link_is_opened(as_olive: Client, olive: Owner) -> None:
    page = save_profile(as_olive, "New@example.com")
    assertContains(page, "We sent a link to new@example.com.")
    olive.refresh_from_db()
    assert (olive.email, olive.unconfirmed_email, olive.is_confirmed) == (
        *("olive@example.com", "new@example.com"),
        True,
    )
    assert send_all() == [Outcome.DONE]
    [message] = mail.outbox
    assert message.to == ["new@example.com"]
    as_olive.post(link_in(message))
    olive.refresh_from_db()
    assert (olive.email, olive.unconfirmed_email) == ("new@example.com", "")


def test_email_may_stay_as_it_was(as_olive: Client, olive: Owner) -> None:
    save_profile(as_olive, "new@example.com")
    olive.refresh_from_db()
    token = make_confirmation_token(olive)
    as_olive.post("/profile/confirmation/", {"keep": "1"})
    assert send_all() == [Outcome.DROPPED]
    assert as_olive.post(f"/confirm-email/{token}/").status_code == 410
    olive.refresh_from_db()
    assert (olive.email, olive.unconfirmed_email) == ("olive@example.com", "")


def test_email_that_was_never_confirmed_is_replaced(as_nora: Client, nora: Owner) -> None:
    """Who mistyped their address at sign-up could not open any link."""
    old = make_confirmation_token(nora)
    form = {"display_name": "Nora", "email": "nora@example.org", "current_password": NEW_PASSWORD}
    as_nora.post("/profile/", form)
    nora.refresh_from_db()
    assert (nora.email, nora.is_confirmed) == ("nora@example.org", False)
    assert as_nora.post(f"/confirm-email/{old}/").status_code == 410
    as_nora.post("/profile/confirmation/", {"keep": "1"})
    nora.refresh_from_db()
    assert not nora.is_confirmed
    assert send_all() == [Outcome.DONE]
    assert [message.to for message in mail.outbox] == [["nora@example.org"]]


def test_email_that_another_owner_got_meanwhile(as_olive: Client, olive: Owner) -> None:
    save_profile(as_olive, "new@example.com")
    olive.refresh_from_db()
    OwnerFactory.create(email="new@example.com")
    link = f"/confirm-email/{make_confirmation_token(olive)}/"
    assertContains(as_olive.post(link, follow=True), "There is already an account with this email.")
    olive.refresh_from_db()
    assert olive.email == "olive@example.com"


def test_changes_of_the_email_are_limited(as_olive: Client, olive: Owner, settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, "confirmations_per_owner": parse_many("1 per hour")}
    save_profile(as_olive, "one@example.com")
    refused = save_profile(as_olive, "two@example.com")
    assertContains(refused, "Too many tries.", status_code=429)
    assertContains(refused, 'value="two@example.com"', status_code=429)
    olive.refresh_from_db()
    assert olive.unconfirmed_email == "one@example.com"
    assertContains(save_profile(as_olive, "olive@example.com"), "Your profile is saved.")


def test_staff_confirm_for_an_owner(client: Client, nora: Owner) -> None:
    client.force_login(OwnerFactory.create(is_staff=True, is_superuser=True))
    address = f"/admin/calendars/owner/{nora.pk}/change/"
    form = {
        "email": nora.email,
        "display_name": "Nora",
        "language": "en",
        "time_zone": "UTC",
        "is_active": "on",
        "unconfirmed_email": "",
    }
    assert client.post(address, form).status_code == 302
    nora.refresh_from_db()
    assert nora.is_confirmed


# With other processes, and the worker


@pytest.mark.django_db(transaction=True)
def test_two_confirm_one_address_at_once(nora: Owner) -> None:
    token = make_confirmation_token(nora)
    other = OwnerFactory.create(unconfirmed_email=nora.email)
    others = make_confirmation_token(other)
    runs = [partial(confirm_email, owner=nora, token=token)] * 2
    assert race([*runs, partial(confirm_email, owner=other, token=others)]) == [
        *("ok", "ok"),
        "EmailTaken",
    ]


def test_worker_sends_links(nora: Owner) -> None:
    Worker(all_kinds(), [], patience=5).work_off()
    assert [message.to for message in mail.outbox] == [["nora@example.com"]]
