from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from booking.access import Entrance
from booking.forms import BookingForm, PageForm
from booking.models import Booking
from booking.nonces import make_nonce
from booking.offers import load_window
from booking.page import Slot, View, build_picker, fresh_slots, instant_text
from booking.slots import Offer
from calendars.zones import find_zone, zone_choices
from onetime_links.models import Status

# client.js sends it, and swaps what changes instead of loading the whole page.
FRAGMENT_HEADER = "X-Fragment"
ZONE_COOKIE = "tz"
BOOKED_COOKIE = "booked"
YEAR_IN_SECONDS = 365 * 24 * 3600


class Visit:
    """One request of one client to a calendar's booking page, and every answer it can get."""

    def __init__(self, request: HttpRequest, entrance: Entrance) -> None:
        self.request = request
        self.entrance = entrance
        self.now = timezone.now()
        self.form = PageForm(request.GET)

    @cached_property
    def offer(self) -> Offer:
        return load_window(self.entrance.calendar, now=self.now)

    @cached_property
    def view(self) -> View:
        clock = self.form.value("clock")
        kept = {"tz": self.form.zone and self.form.zone.key, "clock": clock}
        return View(
            now=self.now,
            zone=self._zone(),
            clock=clock or "24",
            kept={name: value for name, value in kept.items() if value},
        )

    def _zone(self) -> ZoneInfo:
        """The address's zone, else the cookie's, else the calendar's."""
        chosen = find_zone(self.request.COOKIES.get(ZONE_COOKIE, ""))
        return self.form.zone or chosen or self.entrance.calendar.zone

    def _zone_is_settled(self) -> bool:
        """Whether the script must leave the zone alone: it was chosen, or a form was sent."""
        chosen = self.form.zone or self.request.COOKIES.get(ZONE_COOKIE)
        return bool(chosen) or self.request.method == "POST"

    def refusal(self) -> HttpResponse | None:
        """The answer where nothing can be booked: why, or what this very browser has booked."""
        if booking := self._own_booking():
            return redirect(booking)
        status = self.entrance.link_status(at=self.now)
        if status != Status.ACTIVE:
            return self.dead_link(status)
        if self.entrance.calendar.is_deleted:
            return self._render("gone", status=410)
        if not self.entrance.takes_bookings:
            return self.not_taking_bookings()
        return None

    def dead_link(self, status: Status) -> HttpResponse:
        return self._render("dead_link", status=410, link_status=status.value)

    def not_taking_bookings(self) -> HttpResponse:
        return self._render("paused", status=200 if self.request.method != "POST" else 409)

    def pick(self, *, notice: str = "", status: int = 200) -> HttpResponse:
        """The month and its times."""
        if not self.form.is_valid():
            status = 422
        picker = build_picker(
            self.offer, self.view, month=self.form.month_start, day=self.form.value("day")
        )
        return self._render(
            "pick", status=status, notice=notice, picker=picker, **self._zone_context(picker.state)
        )

    def _zone_context(self, state: dict[str, str]) -> dict[str, Any]:
        """The line that names the zone, or the form to change it, which keeps the rest."""
        errors = list(self.form.errors.get("tz", ()))
        return {
            "change_zone_url": self.view.url(**state, change="zone"),
            "zones": zone_choices() if errors or self.form.value("change") else None,
            "zone_errors": errors,
            "typed_zone": self.request.GET.get("tz", "") if errors else "",
            "zone_state": {**state, "clock": self.view.clock},
        }

    def fill_in(
        self,
        slot: datetime,
        form: BookingForm,
        *,
        notice: str = "",
        fresh: Sequence[Slot] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """The chosen time and the form, which always carries a nonce for just this slot.

        With `fresh`, even an empty one, the slot is gone: these are the times to choose from.
        """
        calendar, link = self.entrance.calendar, self.entrance.link
        return self._render(
            "fill_in",
            status=status,
            notice=notice,
            fresh=fresh,
            form=form,
            at=instant_text(slot),
            nonce=make_nonce(calendar=calendar, link=link, slot=slot),
            starts_at=slot,
            date=self.view.full_date(slot),
            times=self.view.times(slot, slot + calendar.duration),
            back_url=self.view.url(day=slot.astimezone(self.view.zone).date().isoformat()),
        )

    def give_back(self, slot: datetime, form: BookingForm, **kept: Any) -> HttpResponse:
        """The form again, for a slot that is still offered, or with others in its place."""
        if self.offer.offers(slot):
            return self.fill_in(slot, form, **kept)
        return self.slot_taken(slot, form)

    def slot_taken(self, slot: datetime, form: BookingForm) -> HttpResponse:
        """The client came too late: other times, and everything they typed."""
        fresh = fresh_slots(self.offer, self.view, near=slot)
        return self.fill_in(
            slot,
            form,
            notice=_("That time was just taken. Please choose another; nothing you typed is lost.")
            if fresh
            else _("That time was just taken. Every other time is taken, too."),
            fresh=fresh,
            status=409,
        )

    def booked(self, booking: Booking) -> HttpResponse:
        """On to the confirmation; the browser that used a link is led there again."""
        clock = {name: value for name, value in self.view.kept.items() if name == "clock"}
        query = f"?{urlencode(clock)}" if clock else ""
        response = redirect(self.entrance.booking_url(booking) + query)
        response.status_code = 303
        if self.entrance.link:
            response.set_cookie(
                BOOKED_COOKIE,
                booking.manage_token,
                max_age=YEAR_IN_SECONDS,
                path=self.entrance.page_url,
                secure=self.request.is_secure(),
                httponly=True,
                samesite="Lax",
            )
        return response

    def _own_booking(self) -> Booking | None:
        """The booking that this very browser made with the link."""
        link = self.entrance.link
        if link is None or not link.is_used:
            return None
        cookie = self.request.COOKIES.get(BOOKED_COOKIE, "")
        return link.booking if constant_time_compare(cookie, link.booking.manage_token) else None

    def _render(self, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
        is_part = name in {"pick", "fill_in"}
        as_fragment = is_part and FRAGMENT_HEADER in self.request.headers
        context |= {
            "narrow": not is_part,
            "entrance": self.entrance,
            "calendar": self.entrance.calendar,
            "view": self.view,
            "zone_is_settled": self._zone_is_settled(),
            "body": f"booking/_{name}.html",
        }
        template = context["body"] if as_fragment else "booking/page.html"
        response = render(self.request, template, context, status=status)
        if as_fragment:
            response[FRAGMENT_HEADER] = "1"
        if self.form.value("chosen") and self.form.zone:
            response.set_cookie(
                ZONE_COOKIE,
                self.form.zone.key,
                max_age=YEAR_IN_SECONDS,
                secure=self.request.is_secure(),
                httponly=True,
                samesite="Lax",
            )
        return response
