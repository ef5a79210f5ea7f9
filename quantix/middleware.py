from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]


def limit_body(get_response: GetResponse) -> GetResponse:
    """Refuses a body that is too long before any of it is read, of whatever type.

    Django's own limit does not count files, and would write them to the disk first.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isascii() or not length.isdecimal():
            return HttpResponse("Bad Content-Length.\n", content_type="text/plain", status=400)
        if int(length[:20]) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return HttpResponse("This is too long.\n", content_type="text/plain", status=413)
        return get_response(request)

    return middleware
