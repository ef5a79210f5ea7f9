"""Clients book through the proxies of docs/deploy.md, at a port that is not the usual one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest
import yaml

from booking.models import Booking
from onetime_links.models import OneTimeLink
from tests.soak.arena import CLEO, form_on, instant, make_calendar, make_links, noon
from tests.support.races.volley import Answer
from tests.support.servers.installation import Server
from tests.support.servers.machine import free_port
from tests.support.servers.proxies import (
    HOST,
    IPV4,
    IPV6,
    Proxy,
    caddy,
    example,
    has_ipv6,
    nginx,
)
from tests.support.servers.workers import wait_until

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

# What a client must not be able to tell Quantix.
FORGED = {
    "X_Forwarded_Proto": "http",
    "X_Forwarded_For": "203.0.113.9",
    "X_Forwarded_Host": "evil.example",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=http",
}


class Site(NamedTuple):
    proxy: Proxy
    server: Server
    origin: str


@pytest.fixture(params=[nginx, caddy], ids=["nginx", "caddy"])
def site(
    request: pytest.FixtureRequest, tmp_path: Path, start_server: Callable[..., Server]
) -> Iterator[Site]:
    """Quantix behind a proxy, whose port BASE_URL names."""
    port, upstream = free_port(), free_port()
    folder = tmp_path / "proxy"
    folder.mkdir()
    with request.param(folder, port=port, plain_port=free_port(), upstream=upstream) as proxy:
        origin = f"https://{HOST}:{port}"
        yield Site(proxy, start_server(port=upstream, workers=1, BASE_URL=origin), origin)


def book(site: Site, link: OneTimeLink, origin: str, **headers: str) -> Answer:
    """Open the form of a link as Cleo does, and send it."""
    page = site.proxy.ask("GET", f"{link.get_absolute_url()}?at={instant(noon())}", **headers)
    form = form_on(page)
    headers["Content_Type"] = "application/x-www-form-urlencoded"
    headers["Origin"] = origin
    return site.proxy.ask("POST", form.action, urlencode({**form.hidden, **CLEO}), **headers)


@pytest.mark.parametrize("kind", ["without", "of TLS", "of BASE_URL"])
def test_client_books_whatever_port_the_host_names(site: Site, kind: str) -> None:
    ports = {"without": "", "of TLS": ":443", "of BASE_URL": f":{site.proxy.port}"}
    headers = {"Host": f"{HOST}{ports[kind]}", **FORGED}
    [link] = make_links(make_calendar(), 1)
    refused = book(site, link, "https://evil.example", **headers)
    assert (refused.status, Booking.objects.count()) == (403, 0)
    answer = book(site, link, site.origin, **headers)
    assert answer.status == 303
    place = urlsplit(answer.headers["Location"])
    assert place.netloc in {"", urlsplit(site.origin).netloc}
    assert place.path == Booking.objects.get(one_time_link=link).get_absolute_url()
    assert site.proxy.ask("GET", place.path, **headers).status == 200


@pytest.mark.parametrize("address", [IPV4, IPV6])
def test_it_listens_at_both_kinds_of_address(site: Site, address: str) -> None:
    if address == IPV6 and not has_ipv6():
        pytest.skip("This machine has no IPv6.")
    assert site.proxy.ask("GET", "/readyz", address=address, Host=HOST).body == "ok\n"


def tells_of_refusal(path: str, written: str) -> bool:
    """Return whether the log says that Quantix was down when the path was asked for."""
    lines = (line for line in written.splitlines() if path in line)
    return any(" 502 " in line or '"status":502' in line for line in lines)


def test_log_holds_no_token(site: Site) -> None:
    """Also not when Quantix is down, and the proxy says so in its log."""
    [link] = make_links(make_calendar(), 1)
    headers = {"Host": HOST, "Referer": f"{site.origin}{link.get_absolute_url()}"}
    manage = urlsplit(book(site, link, site.origin, **headers).headers["Location"]).path
    site.proxy.ask("GET", f"/sign-in/?next={manage}", **headers)
    site.server.stop()
    assert site.proxy.ask("GET", f"{manage}?tz=UTC", **headers).status == 502
    wait_until(lambda: tells_of_refusal("/manage/", site.proxy.written()))
    written = site.proxy.written()
    assert "/l/***/bookings/" in written
    assert "/manage/***/" in written
    booking = Booking.objects.get(one_time_link=link)
    tokens = (link.token, booking.manage_token)
    assert [token for token in tokens if token in written] == []


def test_example_for_traefik_is_whole() -> None:
    """Debian has no Traefik to run it with."""
    http = yaml.safe_load(example("yaml"))["http"]
    [router] = http["routers"].values()
    assert router["rule"] == f"Host(`{HOST}`)"
    assert router["service"] in http["services"]
    assert set(router["middlewares"]) == set(http["middlewares"])
