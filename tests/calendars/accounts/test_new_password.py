"""A new password may give the feed a new address too: whoever had the old one may have both."""

from typing import Any

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from pytest_django.asserts import assertContains, assertNotContains

from booking.owner.feed import open_feed
from calendars.models import Owner
from tests.support.world.factories import PASSWORD

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "a staple and a battery"
TICK = "Replace the private address of my calendar subscription"


def change_form(owner: Owner) -> tuple[Client, str]:
    client = Client()
    client.force_login(owner)
    return client, "/profile/password/"


def reset_form(owner: Owner) -> tuple[Client, str]:
    client, key = Client(), urlsafe_base64_encode(force_bytes(owner.pk))
    link = f"/password-reset/{key}/{default_token_generator.make_token(owner)}/"
    return client, client.get(link)["Location"]


FORMS = pytest.mark.parametrize("form_of", [change_form, reset_form])


def save(client: Client, path: str, **fields: str) -> Any:
    passwords = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    return client.post(path, {"old_password": PASSWORD, **passwords, **fields}, follow=True)


def feed_token() -> str | None:
    return Owner.objects.get().feed_token


@FORMS
def test_ticked_it_replaces_the_address(olive: Owner, form_of: Any) -> None:
    old = open_feed(owner=olive).feed_token
    client, path = form_of(olive)
    assertContains(client.get(path), TICK)
    assertContains(
        save(client, path, new_feed_address="on"), "subscription has a new private address"
    )
    assert feed_token() not in {old, None}
    assert client.get(f"/feed/{old}/bookings.ics").status_code == 404
    assert client.get(f"/feed/{feed_token()}/bookings.ics").status_code == 200


@FORMS
def test_unticked_it_leaves_the_address(olive: Owner, form_of: Any) -> None:
    old = open_feed(owner=olive).feed_token
    assertNotContains(save(*form_of(olive)), "has a new private address")
    assert feed_token() == old
    assert Owner.objects.get().check_password(NEW_PASSWORD)


@FORMS
def test_without_a_feed_nothing_is_offered_nor_made(olive: Owner, form_of: Any) -> None:
    client, path = form_of(olive)
    assertNotContains(client.get(path), TICK)
    assertNotContains(save(client, path, new_feed_address="on"), "has a new private address")
    assert feed_token() is None


@FORMS
def test_refused_password_leaves_the_address_and_keeps_the_tick(olive: Owner, form_of: Any) -> None:
    old = open_feed(owner=olive).feed_token
    client, path = form_of(olive)
    refused = save(client, path, new_feed_address="on", new_password2="another")
    assertContains(refused, 'name="new_feed_address"', status_code=422)
    assertContains(refused, "checked", status_code=422)
    assert feed_token() == old
    assert Owner.objects.get().check_password(PASSWORD)


def test_link_that_leads_to_no_owner_is_told_so(client: Client) -> None:
    assertContains(client.get("/password-reset/x/x/"), "This link no longer works")
    assertContains(client.post("/password-reset/x/x/"), "This link no longer works")


def test_feed_turned_off_meanwhile_stays_off(olive: Owner) -> None:
    open_feed(owner=olive)
    client, path = change_form(olive)
    client.get(path)
    Owner.objects.update(feed_token=None)
    save(client, path, new_feed_address="on")
    assert feed_token() is None
    assert Owner.objects.get().check_password(NEW_PASSWORD)
