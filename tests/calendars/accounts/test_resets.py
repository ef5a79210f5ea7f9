"""A password reset tells nobody who has an account, and no mail server can hold it up."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from calendars.accounts.resets import ResetMails, ask_for_reset, forget_resets
from calendars.models import Owner, PasswordReset
from calendars.outbox.handover import Outcome
from calendars.outbox.postman import Postman
from tests.support.booking.delivering import deliver_all
from tests.support.database.queries import counted_queries

pytestmark = pytest.mark.django_db
PATH, OLIVES = "/password-reset/", "olive@example.com"


class Unreachable(Postman):
    def send(self, *args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError


def ask(client: Client, email: str = OLIVES) -> Any:
    return client.post(PATH, {"email": email})


def deliver(postman: Postman | None = None) -> list[Outcome]:
    return deliver_all(ResetMails(postman or Postman()))


def link_in(text: str) -> str:
    found = re.search(r"/password-reset/\S+", text)
    assert found
    return found[0]


def statements_of(client: Client, email: str) -> list[str]:
    """Return the statements of asking for `email`, without their values."""
    with counted_queries() as statements:
        answer = ask(client, email)
    assert (answer.status_code, answer["Location"]) == (302, "/password-reset/sent/")
    return [re.sub(r"'[^']*'|\bNULL\b|\b\d+\b", "?", each) for each in statements]


@pytest.mark.parametrize("account", ["active", "inactive", "without a password", "none"])
def test_every_email_costs_the_same_statements(client: Client, olive: Owner, account: str) -> None:
    if account == "inactive":
        Owner.objects.update(is_active=False)
    if account == "without a password":
        olive.set_unusable_password()
        olive.save()
    expected = statements_of(client, "nobody@example.com")
    assert sum("INSERT" in each for each in expected) == 2, "a count and a reset"
    email = "somebody@example.com" if account == "none" else OLIVES
    assert statements_of(client, email) == expected
    assert PasswordReset.objects.waiting().count() == 2


def test_no_mail_server_is_asked_before_the_answer(
    client: Client, olive: Owner, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "nothing.that.can.be.imported"
    assert ask(client).status_code == 302


def test_email_waits_until_the_mail_server_is_back(client: Client, olive: Owner) -> None:
    ask(client)
    assert deliver(Unreachable()) == [Outcome.WAITS_FOR_SERVER]
    PasswordReset.objects.update(next_try_at=timezone.now())
    assert deliver() == [Outcome.DONE]
    (message,) = mail.outbox
    assert message.to == [OLIVES]
    assert client.get(link_in(str(message.body))).status_code == 302


def test_worker_sends_it(client: Client, olive: Owner) -> None:
    ask(client, "Olive@Example.com")
    call_command("work", once=True)
    assert [message.to for message in mail.outbox] == [[OLIVES]]


@pytest.mark.parametrize("change", ["unknown", "inactive", "without a password", "late"])
def test_email_that_nobody_can_use_is_dropped(client: Client, olive: Owner, change: str) -> None:
    ask(client, "nobody@example.com" if change == "unknown" else OLIVES)
    if change == "inactive":
        Owner.objects.update(is_active=False)
    if change == "without a password":
        olive.set_unusable_password()
        olive.save()
    if change == "late":
        PasswordReset.objects.update(due_at=timezone.now() - timedelta(hours=25))
    assert deliver() == [Outcome.DROPPED]
    assert mail.outbox == []


def test_no_token_and_no_address_is_kept(client: Client, olive: Owner) -> None:
    ask(client)
    ask(client, "nobody@example.com")
    deliver()
    token = link_in(str(mail.outbox[0].body)).split("/")[3]
    kept = str(list(PasswordReset.objects.values()))
    assert token not in kept
    assert "@" not in kept


def test_each_try_has_the_same_message_id_and_no_reply_is_asked(olive: Owner) -> None:
    ask_for_reset(email=OLIVES, now=timezone.now())
    kind = ResetMails(Postman())
    row = kind.facts().get()
    first, second = kind.compose(row), kind.compose(row)
    assert first.extra_headers == second.extra_headers
    assert first.extra_headers["Message-ID"] == f"<{row.uid}@127.0.0.1>"
    assert first.extra_headers["Auto-Submitted"] == "auto-generated"


def test_email_is_in_the_language_of_its_owner(client: Client, olive: Owner) -> None:
    Owner.objects.update(language="de")
    ask(client)
    deliver()
    assert "Passwort" in mail.outbox[0].subject


def test_link_is_dead_once_its_owner_was_deactivated(client: Client, olive: Owner) -> None:
    ask(client)
    deliver()
    link = link_in(str(mail.outbox[0].body))
    assert client.get(link).status_code == 302
    for active in (False, True):
        Owner.objects.update(is_active=active)
    assert Client().get(link).status_code == 200


def test_what_has_ended_is_deleted_after_a_week(client: Client, olive: Owner) -> None:
    ask(client, "nobody@example.com")
    ask(client)
    now = timezone.now()
    later = now + timedelta(days=8)
    forget_resets(now=later)
    assert PasswordReset.objects.count() == 2, "they still wait"
    deliver()
    forget_resets(now=now)
    assert PasswordReset.objects.count() == 2
    forget_resets(now=later)
    assert not PasswordReset.objects.exists()


def test_malformed_email_is_refused_and_kept(client: Client) -> None:
    answer = ask(client, "olive@")
    assert answer.status_code == 422
    assert b'value="olive@"' in answer.content
    assert not PasswordReset.objects.exists()
