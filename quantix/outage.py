"""The pages that people see while the database is away, or busy for too long."""

import sys
from collections.abc import Iterator

from csp.decorators import csp_replace
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.template import loader
from django.utils.http import escape_leading_slashes
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.defaults import server_error as broken

from calendars.kit.origins import is_same_origin
from quantix.secrecy import is_secret
from quantix.sqlite import sqlite3

RETRY_AFTER = 5
# The error codes of an outage. SQLite raises OperationalError for mistakes in our SQL, too.
SQLITE_OUTAGES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
}


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Answer an exception. Django calls this `handler500` for those of views and of middleware."""
    error = sys.exc_info()[1]
    if is_outage(error):
        return try_again_in_frame(request) if is_framable(request) else try_again(request)
    if isinstance(error, UnreadablePostError):
        return HttpResponse(loader.render_to_string("408.html"), status=408)
    return broken(request)


def is_outage(error: BaseException | None) -> bool:
    """Return whether the error is an outage, so that the request may succeed in a moment."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    if isinstance(error.__cause__, sqlite3.Error):
        code = getattr(error.__cause__, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        return code & 0xFF in SQLITE_OUTAGES
    return True


def is_framable(request: HttpRequest) -> bool:
    """Return whether other sites may show the response of the request's view in a frame."""
    match = request.resolver_match
    return match is not None and hasattr(match.func, "is_framable")


def try_again(request: HttpRequest) -> HttpResponse:
    """Return the page that offers to repeat the request, with the fields of a form. No queries."""
    typed = typed_fields(request)
    # An empty address means that of the page itself. A secret one stays empty. The others do not:
    # htmx puts this page into an owner's page, which has another address.
    address = "" if is_secret(request) else escape_leading_slashes(request.get_full_path())
    context = {
        "address": address,
        "is_form": request.method == "POST",
        "typed": typed,
        # A form with a nonce may be sent twice without harm.
        "is_once": any(name == "nonce" for name, _ in typed),
    }
    # The template is rendered without the request: a context processor may query the database.
    page = loader.get_template("503.html").render(context)
    headers = {
        "Retry-After": str(RETRY_AFTER),
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
    }
    return HttpResponse(page, status=503, headers=headers)


@csp_replace({"frame-ancestors": ["*"]})
@xframe_options_exempt
def try_again_in_frame(request: HttpRequest) -> HttpResponse:
    return try_again(request)


def typed_fields(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the names and values of the form that was sent, or nothing if it must not be repeated.

    A password must not be written into a page. A form that another site has sent must not be sent
    again from our page, as if it were ours.
    """
    if request.method != "POST" or not is_same_origin(request):
        return []
    try:
        fields = list(flat(request))
    except (UnreadablePostError, SuspiciousOperation):
        return []
    return [] if any("password" in name for name, _ in fields) else fields


def flat(request: HttpRequest) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, values in request.POST.lists() for value in values)
