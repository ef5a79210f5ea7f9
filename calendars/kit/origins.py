"""Origins (RFC 6454), to tell whether a form was sent from a page of our own."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """Return scheme://host[:port] of an address, without a default port, or "" if it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_plain = port in {None, DEFAULT_PORTS[parts.scheme]}
    return f"{parts.scheme}://{host}" if is_plain else f"{parts.scheme}://{host}:{port}"


def is_same_origin(request: HttpRequest) -> bool:
    """Return whether a page of ours sent the request, by `Origin` or else `Referer`.

    A few browsers send no `Origin` with a form.

    The origin of BASE_URL is always ours, because many proxies pass `Host` on without its port.
    """
    sender = origin_of(request.headers.get("Origin") or request.headers.get("Referer", ""))
    ours = {settings.BASE_URL, origin_of(f"{request.scheme}://{request.get_host()}")}
    return sender in ours if sender else False


def is_from_our_page(request: HttpRequest) -> bool:
    """Return whether a link or a form of our own pages led here, and not one of another site.

    Browsers say so in a header of their own (Fetch Metadata); older ones send a `Referer`.
    """
    site = request.headers.get("Sec-Fetch-Site")
    return site == "same-origin" if site else is_same_origin(request)
