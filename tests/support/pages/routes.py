"""Every address that the resolver knows."""

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver


def every_route() -> dict[str, URLPattern]:
    """Return every address by its route, with `<slug:slug>` shortened to `<slug>`."""
    return dict(_routes_of(get_resolver()))


def _routes_of(resolver: URLResolver, start: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        route = f"{start}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _routes_of(pattern, route)
        else:
            route = re.sub(r"\(\?P(<\w+>)[^()]*\)", r"\1", route)
            yield "/" + re.sub(r"<\w+:", "<", route).replace("^", "").rstrip("$"), pattern
