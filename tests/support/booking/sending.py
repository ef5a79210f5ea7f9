"""Helpers that send the booking form as a client's browser does."""

from datetime import UTC, datetime
from re import search
from typing import Any

from django.test import Client

from tests.support.pages.parsing import text_of

SLOT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
AT = "2026-11-24T09:00Z"
ORIGIN = {"Origin": "http://testserver"}
CLEO = {"name": "Cleo Client", "email": "cleo@example.com"}


def nonce_on(response: Any) -> str:
    found = search(r'name="nonce" value="([^"]+)"', text_of(response))
    assert found
    return found[1]


def fetch_nonce(client: Client, address: str, at: str = AT) -> str:
    return nonce_on(client.get(f"{address}?at={at}"))


def send(client: Client, address: str, **fields: str) -> Any:
    """Post the form of `address` with Cleo's name, unless `fields` say otherwise."""
    data = {**CLEO, "at": AT, **fields}
    if "nonce" not in data:
        data["nonce"] = fetch_nonce(client, address, data["at"])
    return client.post(f"{address}bookings/", data, headers=ORIGIN)
