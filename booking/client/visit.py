from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from booking.acts.nonces import make_nonce
from booking.client.ask_forms import AskForm
from booking.client.entrance import Entrance
from booking.client.forms import BookingForm, SlotForm
from booking.client.page_state import read_page_state
from booking.client.picker import (
    DAY,
    Slot,
    Viewer,
    build_picker,
    build_times,
    fresh_slots,
    instant_text,
)
from booking.models import Booking
from booking.times.offers import load_offer, load_window
from booking.times.rules import rules_for
from booking.times.slots import Offer, Rules
from calendars.errors import TooOften
from calendars.kit.languages import current_customs
from calendars.kit.origins import is_from_our_page
from calendars.kit.walltime import day_start, local_date
from calendars.kit.zones import find_zone, zone_choices
from calendars.models import Calendar
from calendars.throttling.throttled import refuse
from onetime_links.models import OneTimeLink, Status

# client.js sends this header to get only the part that changes, instead of the whole page: "day"
# for the times of another date of the month that the page shows. The response names what it is.
FRAGMENT_HEADER = "X-Fragment"
# The parts of a page that can be sent alone, and what the header calls them.
FRAGMENTS = {"pick": "1", "fill_in": "1", "day": "day"}
ZONE_COOKIE = "tz"
BOOKED_COOKIE = "booked"
YEAR_IN_SECONDS = 365 * 24 * 3600


class Visit(ABC):
    """A request of a client who chooses a slot, with the responses that lead them to it."""

    # The one-time link by which the slot is booked, if there is one.
    link: OneTimeLink | None = None
    # The booking that is moved to the slot, or None if a new one is made.
    moving: Booking | None = None

    def __init__(self, request: HttpRequest, calendar: Calendar, *, page_url: str) -> None:
        self.request = request
        self.calendar = calendar
        self.page_url = page_url
        self.now = timezone.now()
        self.state = read_page_state(request.GET)

    @property
    @abstractmethod
    def form_url(self) -> str:
        """Return the address to which the form for a slot is sent."""

    @abstractmethod
    def unavailable(self) -> HttpResponse | None:
        """Return a response that says why no slot can be chosen, or None if one can."""

    @abstractmethod
    def hidden(self, slot: datetime) -> dict[str, str | int]:
        """Return the hidden values that the form for `slot` carries besides the slot itself."""

    @cached_property
    def rules(self) -> Rules:
        """Return the rules for the booking's length and place, which all pages of a visit show."""
        return rules_for(self.calendar, self.link, self.moving)

    @cached_property
    def offer(self) -> Offer:
        return load_window(self.calendar, now=self.now, link=self.link, moving=self.moving)

    @cached_property
    def viewer(self) -> Viewer:
        return Viewer(
            now=self.now,
            zone=self._zone(),
            clock=self.state.clock or current_customs().clock,
            kept=self.state.kept("tz", "clock", "lang"),
        )

    def _zone(self) -> ZoneInfo:
        """Return the zone of the address, or else of the cookie, or else of the page."""
        chosen = find_zone(self.request.COOKIES.get(ZONE_COOKIE, ""))
        return self.state.zone or chosen or self.page_zone

    @property
    def page_zone(self) -> ZoneInfo:
        return self.calendar.zone

    def zone_is_settled(self) -> bool:
        """Return whether the script must keep the zone: it was chosen, or a form was sent."""
        chosen = self.state.zone or self.request.COOKIES.get(ZONE_COOKIE)
        return bool(chosen) or self.request.method == "POST"

    @abstractmethod
    def blank_form(self) -> SlotForm:
        """Return an empty form for the slot that the client has chosen."""

    def show(self) -> HttpResponse:
        """Return what the address asks for: the picker, or the form for the slot that it names."""
        slot = self.state.at
        if slot is None:
            return self.show_day() or self.pick()
        if not self.offer.offers(slot):
            return self.pick(notice=self.not_free(slot), near=slot)
        return self.fill_in(slot, self.blank_form())

    def show_day(self) -> HttpResponse | None:
        """Return the times of the day in the address, for a page that shows its month already.

        Return None if the whole picker is needed: the script did not ask for the day alone, the
        zone is being changed, or the day has no free time any more.
        """
        day = self.state.day
        wanted = self.request.headers.get(FRAGMENT_HEADER) == FRAGMENTS["day"]
        if not (wanted and day) or self.state.changes_zone or self.state.zone_errors:
            return None
        offer = load_offer(
            self.calendar,
            now=self.now,
            start=day_start(day, self.viewer.zone),
            end=day_start(day + DAY, self.viewer.zone),
            link=self.link,
            moving=self.moving,
        )
        times = build_times(offer, self.viewer, day)
        if times is None:
            return None
        return self.render("day", times=times, **self._zone_context(times.state))

    def not_free(self, slot: datetime) -> str:
        return _("That time is not free. Please choose another.")

    def let_choose(self, slot: datetime | None, form: SlotForm) -> HttpResponse:
        """Return the response to a form that has no slot, or chooses another one."""
        if slot is None:
            return self.unavailable() or self.pick(notice=_("Please choose a time."), status=422)
        return self.unavailable() or self.give_back(slot, form.as_typed())

    def pick(
        self, *, notice: str = "", near: datetime | None = None, status: int = 200
    ) -> HttpResponse:
        """Return the picker of the month and the date in the address.

        If the address has no month, they are those of the instant `near`.
        """
        if self.state.zone_errors:
            status = 422
        month, day = self.state.month, self.state.day
        if near and not month:
            day = local_date(near, self.viewer.zone)
            month = day.replace(day=1)
        picker = build_picker(self.offer, self.viewer, month=month, day=day)
        return self.render(
            "pick",
            status=status,
            notice=notice,
            picker=picker,
            times=picker.times,
            **self._zone_context(picker.times.state),
        )

    def _zone_context(self, state: dict[str, str]) -> dict[str, Any]:
        """Return the context of the line that names the zone, or of the form that changes it.

        Both keep the rest of the `state`.
        """
        errors = self.state.zone_errors
        return {
            "change_zone_url": self.viewer.url(**state, change="zone"),
            "keep_zone_url": self.viewer.url(**state),
            "zones": zone_choices() if errors or self.state.changes_zone else None,
            "zone_errors": errors,
            "typed_zone": self.request.GET.get("tz", "") if errors else "",
            "zone_state": {**state, "clock": self.viewer.clock},
        }

    def fill_in(
        self,
        slot: datetime,
        form: SlotForm,
        *,
        notice: str = "",
        fresh: Sequence[Slot] | None = None,
        hidden: dict[str, str | int] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Return the page with the chosen time and the form.

        If `fresh` is given, even empty, the slot is gone, and the client may choose from `fresh`.
        """
        return self.render(
            "fill_in",
            status=status,
            notice=notice,
            fresh=fresh,
            form=form,
            hidden={"at": instant_text(slot), **(hidden or self.hidden(slot))},
            starts_at=slot,
            date=self.viewer.full_date(slot),
            times=self.viewer.times(slot, slot + self.rules.duration),
            form_url=self.form_url,
            back_url=self.viewer.day_url(local_date(slot, self.viewer.zone)),
        )

    def give_back(self, slot: datetime, form: SlotForm, **kept: Any) -> HttpResponse:
        """Return the form again, with other slots if `slot` is not offered any more."""
        if self.offer.offers(slot):
            return self.fill_in(slot, form, **kept)
        return self.slot_taken(slot, form)

    def slot_taken(self, slot: datetime, form: SlotForm) -> HttpResponse:
        """Return other times, with all that was typed, for a client who came too late."""
        fresh = fresh_slots(self.offer, self.viewer, near=slot)
        return self.fill_in(
            slot,
            form,
            notice=_("That time was just taken. Please choose another; nothing you typed is lost.")
            if fresh
            else _("That time was just taken. Every other time is taken, too."),
            fresh=fresh,
            status=409,
        )

    def too_often(self, slot: datetime | None, form: SlotForm, error: TooOften) -> HttpResponse:
        """Return the form, to be sent again later.

        It keeps its hidden values, because an earlier form with them may have got the slot already.
        """
        if slot is None:
            return refuse(self.request, error)
        names = () if form.chooses else self.hidden(slot)
        carried = {name: form.data.get(name, "") for name in names}
        notice = send_again_later(error)
        response = self.fill_in(slot, form.as_typed(), notice=notice, hidden=carried, status=429)
        response["Retry-After"] = str(error.seconds)
        return response

    def render(self, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
        as_fragment = name in FRAGMENTS and FRAGMENT_HEADER in self.request.headers
        context |= {
            "narrow": name not in FRAGMENTS,
            "as_fragment": as_fragment,
            "calendar": self.calendar,
            "rules": self.rules,
            "moving": self.moving,
            "page_url": self.page_url,
            "viewer": self.viewer,
            "zone_is_settled": self.zone_is_settled(),
            "layout": f"booking/client/{'fragment' if as_fragment else 'page'}.html",
        }
        response = render(self.request, f"booking/client/{name}.html", context, status=status)
        if as_fragment:
            response[FRAGMENT_HEADER] = FRAGMENTS[name]
        # A link that somebody sent must not choose the zone of the pages that come after.
        if self.state.has_chosen_zone and self.state.zone and is_from_our_page(self.request):
            response.set_cookie(
                ZONE_COOKIE,
                self.state.zone.key,
                max_age=YEAR_IN_SECONDS,
                secure=self.request.is_secure(),
                httponly=True,
                samesite="Lax",
            )
        return response


def send_again_later(error: TooOften) -> str:
    """Return the notice above a form that was sent too often."""
    comfort = _("Nothing you typed is lost.")
    return f"{error} {comfort}"


def lead_to(request: HttpRequest, url: str, viewer: Viewer) -> HttpResponse:
    """Return a redirect to a page that shows what was done, with the same clock and language.

    client.js gets the address in a header instead: it would follow a redirect at once, and then
    have to load the page a second time to show it.
    """
    kept = {name: value for name, value in viewer.kept.items() if name != "tz"}
    if kept:
        url = f"{url}?{urlencode(kept)}"
    if FRAGMENT_HEADER in request.headers:
        return HttpResponse(status=204, headers={"X-Location": url})
    return HttpResponseRedirect(url, status=303)


class BookingVisit(Visit):
    """A visit to a calendar's booking page, with the responses that only a new booking needs."""

    def __init__(self, request: HttpRequest, entrance: Entrance) -> None:
        super().__init__(request, entrance.calendar, page_url=entrance.page_url)
        self.entrance = entrance
        self.link = entrance.link

    @property
    def form_url(self) -> str:
        return self.entrance.bookings_url

    def blank_form(self) -> BookingForm:
        return BookingForm(questions=self.calendar.questions)

    def hidden(self, slot: datetime) -> dict[str, str | int]:
        """Return a fresh nonce, which is good for this slot only."""
        return {"nonce": make_nonce(calendar=self.calendar, link=self.link, slot=slot)}

    def unavailable(
        self, *, ask: AskForm | None = None, too_often: TooOften | None = None
    ) -> HttpResponse | None:
        """Return a response that says why nothing can be booked, or None if something can.

        A browser that has booked by the link is led to its booking. `ask` is a request for a new
        link that was refused, because it has errors or was sent `too_often`.
        """
        if booking := self._own_booking():
            return redirect(booking)
        status = self.entrance.link_status(at=self.now)
        if status != Status.ACTIVE:
            return self.dead_link(status, ask=ask, too_often=too_often)
        if self.calendar.is_deleted:
            return self.render("gone", status=410)
        if not self.entrance.takes_bookings:
            return self.not_taking_bookings()
        return None

    def dead_link(
        self,
        status: Status,
        *,
        ask: AskForm | None = None,
        too_often: TooOften | None = None,
    ) -> HttpResponse:
        """Return a page that says why the link does not work, with a form to ask for a new one.

        Once somebody has asked, the page says so instead of showing the form.
        """
        has_asked = self.link is not None and self.link.requests.open().exists()
        response = self.render(
            "dead_link",
            status=429 if too_often else 422 if ask else 410,
            notice=send_again_later(too_often) if too_often else "",
            link_status=status.value,
            has_asked=has_asked,
            ask=(ask or AskForm()) if self.entrance.takes_requests else None,
        )
        if too_often:
            response["Retry-After"] = str(too_often.seconds)
        return response

    def not_taking_bookings(self) -> HttpResponse:
        return self.render("paused", status=200 if self.request.method != "POST" else 409)

    def booked(self, booking: Booking) -> HttpResponse:
        """Return a redirect to the confirmation.

        A cookie leads the same browser there again when it opens the used link.
        """
        response = lead_to(self.request, self.entrance.booking_url(booking), self.viewer)
        if self.link:
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
        """Return the booking that this very browser made by the link, or None."""
        if self.link is None or not self.link.is_used:
            return None
        cookie, booking = self.request.COOKIES.get(BOOKED_COOKIE, ""), self.link.booking
        return booking if constant_time_compare(cookie, booking.manage_token) else None

    def render(self, name: str, **context: Any) -> HttpResponse:
        return super().render(name, entrance=self.entrance, **context)
