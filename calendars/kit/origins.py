"""Origins by RFC 6454: whether what was sent comes from a page of our own."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """Return scheme://host[:port] of an address, without a default port; empty for nonsense."""
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
    """Tell by `Origin`, or by `Referer` from the few browsers that send none with a form.

    The origin of BASE_URL is ours whatever `Host` says: many proxies pass it on without the port.
    """
    sender = origin_of(request.headers.get("Origin") or request.headers.get("Referer", ""))
    ours = {settings.BASE_URL, origin_of(f"{request.scheme}://{request.get_host()}")}
    return sender in ours if sender else False
