from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from booking.decorators import secret_address
from booking.owner.feed import close_feed, feed_url, open_feed, version_of_feed, write_feed
from calendars.access import signed_in_owner
from calendars.kit.languages import customs_of, speaking
from calendars.models import Owner
from calendars.once import confirm, once


@secret_address
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Return the feed, or status 304 if the program has this version already."""
    owner = Owner.objects.filter(feed_token=token, is_active=True).first()
    if owner is None:
        raise Http404
    now = timezone.now()
    # The version is read first: a booking that changes before the feed is written is then in the
    # feed under the old version, and the program's next request has it sent again.
    etag = f'"{version_of_feed(owner, now=now)}"'
    response = HttpResponse(content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="bookings.ics"'
    response["ETag"] = etag
    # The program must be allowed to keep a copy: without one, status 304 would be useless to it.
    response["Cache-Control"] = "private, no-cache"
    response["Content-Language"] = customs_of(owner.language).tag
    answer = get_conditional_response(request, etag=etag, response=response)
    if answer is response:
        # The feed is in the owner's language, not the program's: all programs get the same ETag.
        with speaking(owner.language):
            response.content = write_feed(owner, now=now)
    return cast(HttpResponse, answer)


@never_cache
@login_required
@require_safe
def feed_settings(request: HttpRequest) -> HttpResponse:
    owner = signed_in_owner(request)
    url = feed_url(owner) if owner.feed_token else ""
    return render(request, "booking/owner/feed.html", {"feed_url": url})


@login_required
@require_POST
def feed_address(request: HttpRequest) -> HttpResponse:
    """Make an address for the feed, or a new one in place of the old."""
    owner = signed_in_owner(request)
    had_one = owner.feed_token is not None
    done = once(
        request,
        among=Owner.objects.filter(pk=owner.pk, feed_token__isnull=False),
        act=lambda: open_feed(owner=owner),
        now=timezone.now(),
    )
    text = _("Here is your address.")
    if had_one and not done.is_repeat:
        text = _("Here is a new address. The old one does not work any more.")
    confirm(request, done, text)
    return redirect("booking:feed_settings")


@login_required
@require_POST
def feed_removal(request: HttpRequest) -> HttpResponse:
    close_feed(owner=signed_in_owner(request))
    messages.success(request, _("The address does not work any more."))
    return redirect("booking:feed_settings")
