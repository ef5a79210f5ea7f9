"""The client's address that a limit counts, in spite of proxies and lies."""

from typing import Any

import pytest
from django.test import RequestFactory

from calendars.throttling.client_address import client_address

PROXY, CLEO, LIE = "10.0.0.1", "192.0.2.7", "198.51.100.1"


def address_of(connected: str = PROXY, heard: str | None = None) -> str:
    headers = {} if heard is None else {"X-Forwarded-For": heard}
    return client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=connected))


@pytest.mark.parametrize(
    ("hops", "heard", "address"),
    [
        (0, CLEO, PROXY),
        (1, CLEO, CLEO),
        (1, f"{LIE}, {CLEO}", CLEO),
        (1, f"{LIE},{LIE},  {CLEO}  ", CLEO),
        (2, f"{LIE}, {CLEO}, 10.0.0.2", CLEO),
        # The request came past one of the proxies; a lie could stand where that proxy writes.
        (2, CLEO, PROXY),
        (1, None, PROXY),
        (1, "", PROXY),
        (1, f"{CLEO}, nonsense", PROXY),
        (1, f"{CLEO}, ", PROXY),
        (1, "unknown", PROXY),
        (1, "١٩٢.0.2.7", PROXY),
        (1, f"{CLEO}:4711", CLEO),
    ],
)
def test_only_what_our_own_proxies_heard_counts(
    settings: Any, hops: int, heard: str | None, address: str
) -> None:
    settings.TRUSTED_PROXY_HOPS = hops
    assert address_of(heard=heard) == address


@pytest.mark.parametrize(
    ("connected", "address"),
    [
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]:4711", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", CLEO),
        # A server on a Unix socket knows no address.
        ("", "unknown"),
    ],
)
def test_household_with_ipv6_is_one_address(connected: str, address: str) -> None:
    assert address_of(connected) == address
