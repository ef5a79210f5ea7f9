"""The views of the booking page: by public address, in a frame, and by one-time link."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from booking.acts.book import CalendarUnavailable, LinkUnavailable, SlotTaken, book_slot
from booking.acts.nonces import read_nonce
from booking.client.entrance import Entrance, find_one_time_entrance, find_public_entrance
from booking.client.forms import BookingForm
from booking.client.visit import FRAGMENT_HEADER, BookingVisit
from booking.decorators import framable, same_origin_only, secret_address
from calendars.errors import TooOften
from calendars.kit.languages import current_customs
from calendars.throttling.client_address import client_address
from calendars.throttling.throttle import count


@require_safe
@cache_control(private=True, no_cache=True)
@vary_on_headers(FRAGMENT_HEADER)
def public_page(request: HttpRequest, slug: str) -> HttpResponse:
    entrance = find_public_entrance(slug)
    return _moved(request, entrance, slug) or _show(BookingVisit(request, entrance))


@framable
@require_safe
@cache_control(private=True, no_cache=True)
@vary_on_headers(FRAGMENT_HEADER)
def embed_page(request: HttpRequest, slug: str) -> HttpResponse:
    entrance = find_public_entrance(slug, embedded=True)
    return _moved(request, entrance, slug) or _show(BookingVisit(request, entrance))


@secret_address
@require_safe
@vary_on_headers(FRAGMENT_HEADER)
def one_time_page(request: HttpRequest, token: str) -> HttpResponse:
    return _show(BookingVisit(request, find_one_time_entrance(token)))


@same_origin_only
@require_http_methods(["GET", "HEAD", "POST"])
def public_bookings(request: HttpRequest, slug: str) -> HttpResponse:
    return _take_booking(request, find_public_entrance(slug))


@framable
@same_origin_only
@require_http_methods(["GET", "HEAD", "POST"])
def embed_bookings(request: HttpRequest, slug: str) -> HttpResponse:
    return _take_booking(request, find_public_entrance(slug, embedded=True))


@secret_address
@same_origin_only
@require_http_methods(["GET", "HEAD", "POST"])
def one_time_bookings(request: HttpRequest, token: str) -> HttpResponse:
    return _take_booking(request, find_one_time_entrance(token))


def _moved(request: HttpRequest, entrance: Entrance, slug: str) -> HttpResponse | None:
    """Return a redirect to the calendar's present address, or None if `slug` is in it."""
    if entrance.calendar.slug == slug:
        return None
    query = request.META.get("QUERY_STRING", "")
    return redirect(f"{entrance.page_url}?{query}" if query else entrance.page_url)


def _show(visit: BookingVisit) -> HttpResponse:
    return visit.unavailable() or visit.show()


def _take_booking(request: HttpRequest, entrance: Entrance) -> HttpResponse:
    """Book the slot of the form, or show the form again with everything that was typed."""
    if request.method != "POST":
        return redirect(entrance.page_url)
    visit = BookingVisit(request, entrance)
    form = BookingForm(request.POST, questions=entrance.calendar.questions)
    slot = form.slot
    try:
        _count(request, entrance)
    except TooOften as error:
        return visit.too_often(slot, form, error)
    if slot is None or form.chooses:
        return visit.let_choose(slot, form)
    signed = form.data.get("nonce", "")
    nonce = read_nonce(signed, calendar=entrance.calendar, link=entrance.link, slot=slot)
    if form.is_trapped:
        # The answer is that to an outdated page, which tells a bot nothing. A person whose browser
        # filled in the hidden field need only confirm once more.
        nonce = None
    if nonce and form.is_valid():
        # `visit.unavailable()` is not asked first: if the nonce has made a booking before, that
        # booking is the answer, even if nothing can be booked any more.
        return _book(visit, form, slot, nonce)
    notice = "" if nonce else _("This page was out of date. Please confirm once more.")
    return visit.unavailable() or visit.give_back(slot, form, notice=notice, status=422)


def _count(request: HttpRequest, entrance: Entrance) -> None:
    """Count the form, outside the booking's transaction: a refused form counts, too.

    Raises TooOften.
    """
    parties = {"bookings_per_address": client_address(request)}
    if entrance.link:
        parties["bookings_per_link"] = str(entrance.link.pk)
    count(**parties)


def _book(visit: BookingVisit, form: BookingForm, slot: datetime, nonce: str) -> HttpResponse:
    client = form.client(time_zone=visit.viewer.zone.key, language=current_customs().tag)
    calendar, link = visit.calendar, visit.link
    try:
        booking = book_slot(
            calendar=calendar, link=link, slot=slot, client=client, nonce=nonce, now=visit.now
        )
    except SlotTaken:
        return visit.slot_taken(slot, form)
    except LinkUnavailable as error:
        return visit.unavailable() or visit.dead_link(error.status)
    except CalendarUnavailable:
        return visit.unavailable() or visit.not_taking_bookings()
    return visit.booked(booking)
