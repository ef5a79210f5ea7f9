"""Whoever was deactivated is signed out for good, however that was done."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from calendars.models import Owner
from tests.support.world.factories import OwnerFactory

pytestmark = pytest.mark.django_db


def set_by_query(pk: int, *, active: bool) -> None:
    Owner.objects.filter(pk=pk).update(is_active=active)


def set_by_sql(pk: int, *, active: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE calendars_owner SET is_active = %s WHERE id = %s", [active, pk])


def set_by_field(pk: int, *, active: bool) -> None:
    owner = Owner.objects.get(pk=pk)
    owner.is_active = active
    owner.save(update_fields=["is_active"])


def set_in_bulk(pk: int, *, active: bool) -> None:
    owner = Owner.objects.get(pk=pk)
    owner.is_active = active
    Owner.objects.bulk_update([owner], ["is_active"])


def set_in_the_admin(pk: int, *, active: bool) -> None:
    staff = Client()
    staff.force_login(OwnerFactory.create(is_staff=True, is_superuser=True))
    owner = Owner.objects.get(pk=pk)
    form = {name: getattr(owner, name) for name in ("email", "display_name", "language")}
    form |= {"time_zone": owner.time_zone} | ({"is_active": "on"} if active else {})
    assert staff.post(f"/admin/calendars/owner/{pk}/change/", form).status_code == 302
    assert Owner.objects.get(pk=pk).is_active == active


WAYS = [set_by_query, set_by_sql, set_by_field, set_in_bulk, set_in_the_admin]


@pytest.mark.parametrize("switch", WAYS)
def test_session_of_before_stays_dead_when_its_owner_is_active_again(
    as_olive: Client, olive: Owner, switch: Callable[..., None]
) -> None:
    assert as_olive.get("/calendars/").status_code == 200
    switch(olive.pk, active=False)
    switch(olive.pk, active=True)
    assert as_olive.get("/calendars/").status_code == 302


def test_owner_saved_as_read_before_brings_no_session_back(as_olive: Client, olive: Owner) -> None:
    """An instance that was read while the owner was active does not turn the count back."""
    for active in (False, True):
        olive.is_active = active
        olive.save()
    assert as_olive.get("/calendars/").status_code == 302


def test_owner_who_is_active_again_signs_in_and_stays_signed_in(
    as_olive: Client, olive: Owner
) -> None:
    set_by_query(olive.pk, active=False)
    set_by_query(olive.pk, active=True)
    as_olive.force_login(Owner.objects.get(pk=olive.pk))
    assert as_olive.get("/calendars/").status_code == 200
    set_by_query(olive.pk, active=True)
    Owner.objects.update(display_name="O. Owner")
    assert as_olive.get("/calendars/").status_code == 200


def test_sessions_of_other_owners_live_on(client: Client, olive: Owner, sam: Owner) -> None:
    client.force_login(sam)
    set_by_query(olive.pk, active=False)
    assert client.get("/calendars/").status_code == 200


def test_session_of_a_former_secret_key_ends_too(
    as_olive: Client, olive: Owner, settings: Any
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, of more than 32 characters, too"
    set_by_query(olive.pk, active=False)
    set_by_query(olive.pk, active=True)
    assert as_olive.get("/calendars/").status_code == 302
