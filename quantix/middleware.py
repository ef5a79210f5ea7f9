from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from quantix.patience import REQUEST_PATIENCE, patience
from quantix.secrecy import is_secret

GetResponse = Callable[[HttpRequest], HttpResponse]


# Features that no page of ours uses. They are denied, so that an injected script cannot use them.
UNUSED_FEATURES = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
PERMISSIONS_POLICY = ", ".join(f"{name}=()" for name in UNUSED_FEATURES)


def keep_secret(get_response: GetResponse) -> GetResponse:
    """A middleware that keeps responses at secret addresses out of caches and search engines.

    It comes first, to include refusals and redirects that other middleware answers with.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if is_secret(request):
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        return response

    return middleware


def restrict(get_response: GetResponse) -> GetResponse:
    """A middleware that adds the security headers for which Django has no setting."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        return response

    return middleware


def limit_body(get_response: GetResponse) -> GetResponse:
    """A middleware that reads the body, or refuses one that is too long before any of it is read.

    Django's own limit does not count files, and would write them to the disk first. The body is
    read before a view asks for the time, so that a client who sends it slowly gains none.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isascii() or not length.isdecimal():
            return HttpResponse(render_to_string("400.html"), status=400)
        if int(length[:20]) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return HttpResponse(render_to_string("413.html"), status=413)
        request.body  # noqa: B018  it is kept
        return get_response(request)

    return middleware


def limit_waiting(get_response: GetResponse) -> GetResponse:
    """A middleware that limits how long a request may wait for the database."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with patience(REQUEST_PATIENCE):
            return get_response(request)

    return middleware
