"""The tabs of the Share dialog, as whole pages, or as their content alone for htmx."""

from io import BytesIO

import segno
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from calendars.access import calendar_of, find_or_404, signed_in_owner
from calendars.public_addresses import embed_code, public_url


@require_safe
@login_required
@vary_on_headers("HX-Request")
def share(request: HttpRequest, slug: str) -> HttpResponse:
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    context = {"calendar": calendar, "public_url": public_url(calendar)}
    return render(request, "calendars/pages/share.html", context)


@require_safe
@login_required
@vary_on_headers("HX-Request")
def share_embed(request: HttpRequest, slug: str) -> HttpResponse:
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    context = {"calendar": calendar, "code": embed_code(calendar)}
    return render(request, "calendars/pages/share_embed.html", context)


@require_safe
@login_required
def qr_code(request: HttpRequest, slug: str) -> HttpResponse:
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    code = segno.make(public_url(calendar), error="m")
    picture = BytesIO()
    # The background is white in dark mode too: many cameras cannot read a light code on dark.
    code.save(picture, kind="svg", scale=8, border=2, light="#fff")
    response = HttpResponse(picture.getvalue(), content_type="image/svg+xml")
    response["Cache-Control"] = "private, no-cache"
    return response
