from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from quantix.patience import REQUEST_PATIENCE, patience
from quantix.secrecy import is_secret

GetResponse = Callable[[HttpRequest], HttpResponse]


# What no page here asks for, so that nothing that gets into one can either.
UNUSED_FEATURES = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
PERMISSIONS_POLICY = ", ".join(f"{name}=()" for name in UNUSED_FEATURES)


def keep_secret(get_response: GetResponse) -> GetResponse:
    """Lets no cache keep and no search engine list what is answered at a secret address: refusals
    and redirects that no view has seen included."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if is_secret(request):
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        return response

    return middleware


def restrict(get_response: GetResponse) -> GetResponse:
    """Tells browsers what else to refuse: headers that Django has no setting for."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        return response

    return middleware


def limit_body(get_response: GetResponse) -> GetResponse:
    """Refuses a body that is too long before any of it is read, of whatever type.

    Django's own limit does not count files, and would write them to the disk first.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isascii() or not length.isdecimal():
            return HttpResponse(render_to_string("400.html"), status=400)
        if int(length[:20]) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return HttpResponse(render_to_string("413.html"), status=413)
        return get_response(request)

    return middleware


def limit_waiting(get_response: GetResponse) -> GetResponse:
    """Gives each request its patience with the database."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with patience(REQUEST_PATIENCE):
            return get_response(request)

    return middleware
