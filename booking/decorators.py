from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_exempt

from calendars.kit.origins import is_same_origin
from calendars.throttling.client_address import client_address
from calendars.throttling.throttled import too_often

ViewFunction = Callable[..., HttpResponse]


def secret_address(view: ViewFunction) -> ViewFunction:
    """Limit how often unknown tokens are asked for at a page whose address holds a token.

    A network address that asks for many unknown tokens is told to wait. A known token always opens
    its page: it cannot be guessed, and an office shares one network address.
    `quantix.middleware.keep_secret` keeps these pages out of caches and search engines.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Http404:
            refused = too_often(request, unknown_tokens_per_address=client_address(request))
            if refused is None:
                raise
            return refused

    return wrapped


def framable(view: ViewFunction) -> ViewFunction:
    """Let any site show the page in a frame."""
    framed: ViewFunction = xframe_options_exempt(view)
    framed.is_framable = True  # type: ignore[attr-defined]
    return csp_replace({"frame-ancestors": ["*"]})(framed)  # type: ignore[return-value]


def same_origin_only(view: ViewFunction) -> ViewFunction:
    """Refuse a form that a page of another site sends.

    This takes the place of the CSRF cookie, which clients are not given before they book, and which
    a browser would not send from inside a frame on another site.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and not is_same_origin(request):
            return render(request, "booking/client/foreign.html", status=403)
        return view(request, *args, **kwargs)

    wrapped.csrf_exempt = True  # type: ignore[attr-defined]
    return wrapped
