"""The view that takes a request for a new link, in place of one that does not work any more."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from booking.client.ask_forms import AskForm
from booking.client.entrance import find_one_time_entrance
from booking.client.visit import BookingVisit
from booking.decorators import same_origin_only, secret_address
from calendars.errors import TooOften
from calendars.throttling.client_address import client_address
from calendars.throttling.throttle import count
from onetime_links.requests import LinkStillActive, ask_for_link


@secret_address
@same_origin_only
@require_http_methods(["GET", "HEAD", "POST"])
def one_time_requests(request: HttpRequest, token: str) -> HttpResponse:
    entrance = find_one_time_entrance(token)
    if request.method != "POST" or not entrance.takes_requests:
        return redirect(entrance.page_url)
    assert entrance.link is not None
    parties = {
        "bookings_per_address": client_address(request),
        "bookings_per_link": f"ask {entrance.link.pk}",
    }
    visit = BookingVisit(request, entrance)
    form = AskForm(request.POST)
    try:
        count(**parties)
    except TooOften as error:
        return visit.unavailable(ask=form, too_often=error) or redirect(entrance.page_url)
    if not form.is_valid():
        return visit.unavailable(ask=form) or redirect(entrance.page_url)
    # A link that works again needs no request: the client is led to its page, as after a request.
    with suppress(LinkStillActive):
        ask_for_link(link=entrance.link, now=visit.now, **form.cleaned_data)
    response = redirect(entrance.page_url)
    response.status_code = 303
    return response
