"""Finds the network that a request comes from, behind any number of proxies."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

from calendars.models import normalise_email


def client_address(request: HttpRequest) -> str:
    """Return an IPv4 address, or the /64 network of an IPv6 address, or "unknown".

    One household or server has a /64. Each proxy appends the address that connected to it to
    `X-Forwarded-For`, so only the last TRUSTED_PROXY_HOPS entries are true. Entries before them
    can be forged, and a new one for each request would escape every limit. Without a valid entry,
    the address that connected to us counts.
    """
    heard = request.headers.get("X-Forwarded-For", "").split(",")
    hops = settings.TRUSTED_PROXY_HOPS
    if 0 < hops <= len(heard) and (network := _network(heard[-hops])):
        return network
    return _network(request.META.get("REMOTE_ADDR", "")) or "unknown"


def account_at(email: str, address: str) -> str:
    """Return the party of an account at a network address, for the throttles.

    Both together, so that a stranger elsewhere cannot lock an owner out. The account is the email
    that was typed, whether it exists or not.
    """
    return f"{normalise_email(email)} {address}"


def _network(text: str) -> str | None:
    address = _parse(text.strip())
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), 64), strict=False))
    return str(address) if address else None


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address in `text`, or None.

    Some proxies add a port: 192.0.2.1:4711 and [2001:db8::1]:4711.
    """
    bare = text[1:].split("]")[0] if text.startswith("[") else text
    for candidate in (bare, bare.rpartition(":")[0]):
        try:
            return ip_address(candidate)
        except ValueError:
            continue
    return None
