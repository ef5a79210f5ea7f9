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
from booking.client.picker import Slot, Viewer, build_picker, fresh_slots, instant_text
from booking.models import Booking
from booking.times.offers import load_window
from booking.times.rules import rules_for
from booking.times.slots import Offer, Rules
from calendars.errors import TooOften
from calendars.kit.languages import current_customs
from calendars.kit.walltime import local_date
from calendars.kit.zones import find_zone, zone_choices
from calendars.models import Calendar
from calendars.throttling.throttled import refuse
from onetime_links.models import OneTimeLink, Status

# client.js sends it, and swaps what changes instead of loading the whole page.
FRAGMENT_HEADER = "X-Fragment"
ZONE_COOKIE = "tz"
BOOKED_COOKIE = "booked"
YEAR_IN_SECONDS = 365 * 24 * 3600


class Visit(ABC):
    """One request of one client who chooses a slot, and what they are shown until they have it."""

    # The one-time link that the slot is booked by, if it is.
    link: OneTimeLink | None = None
    # The booking that gets the slot, if it is not to be a new one.
    moving: Booking | None = None

    def __init__(
        self, request: HttpRequest, calendar: Calendar, *, page_url: str, form_url: str
    ) -> None:
        self.request = request
        self.calendar = calendar
        self.page_url = page_url
        self.form_url = form_url
        self.now = timezone.now()
        self.state = read_page_state(request.GET)

    @abstractmethod
    def refusal(self) -> HttpResponse | None:
        """The answer where there is nothing to choose: why."""

    @abstractmethod
    def hidden(self, slot: datetime) -> dict[str, str | int]:
        """What the form for `slot` carries besides it, and nobody sees."""

    @cached_property
    def rules(self) -> Rules:
        """How long the booking will be, and where; also where nothing is offered."""
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
        """The address's zone, else the cookie's, else that of the page."""
        chosen = find_zone(self.request.COOKIES.get(ZONE_COOKIE, ""))
        return self.state.zone or chosen or self.page_zone

    @property
    def page_zone(self) -> ZoneInfo:
        return self.calendar.zone

    def zone_is_settled(self) -> bool:
        """Whether the script must leave the zone alone: it was chosen, or a form was sent."""
        chosen = self.state.zone or self.request.COOKIES.get(ZONE_COOKIE)
        return bool(chosen) or self.request.method == "POST"

    @abstractmethod
    def blank_form(self) -> SlotForm:
        """What the client fills in for the slot that they have chosen."""

    def show(self) -> HttpResponse:
        """What the address says: the picker, or the form for the slot that was chosen in it."""
        slot = self.state.at
        if slot is None:
            return self.pick()
        if not self.offer.offers(slot):
            return self.pick(notice=self.not_free(slot), near=slot)
        return self.fill_in(slot, self.blank_form())

    def not_free(self, slot: datetime) -> str:
        return _("That time is not free. Please choose another.")

    def let_choose(self, slot: datetime | None, form: SlotForm) -> HttpResponse:
        """The answer to a form that confirms nothing yet: it has no slot, or wants another."""
        if slot is None:
            return self.refusal() or self.pick(notice=_("Please choose a time."), status=422)
        return self.refusal() or self.give_back(slot, form.as_typed())

    def pick(
        self, *, notice: str = "", near: datetime | None = None, status: int = 200
    ) -> HttpResponse:
        """The month and its times: what the address asks for, else those of the date of `near`."""
        if self.state.zone_errors:
            status = 422
        month, day = self.state.month, self.state.day
        if near and not month:
            day = local_date(near, self.viewer.zone)
            month = day.replace(day=1)
        picker = build_picker(self.offer, self.viewer, month=month, day=day)
        return self.render(
            "pick", status=status, notice=notice, picker=picker, **self._zone_context(picker.state)
        )

    def _zone_context(self, state: dict[str, str]) -> dict[str, Any]:
        """The line that names the zone, or the form to change it, which keeps the rest."""
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
        """The chosen time and the form.

        With `fresh`, even an empty one, the slot is gone: these are the times to choose from.
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
            back_url=self.viewer.url(day=slot.astimezone(self.viewer.zone).date().isoformat()),
        )

    def give_back(self, slot: datetime, form: SlotForm, **kept: Any) -> HttpResponse:
        """The form again, for a slot that is still offered, or with others in its place."""
        if self.offer.offers(slot):
            return self.fill_in(slot, form, **kept)
        return self.slot_taken(slot, form)

    def slot_taken(self, slot: datetime, form: SlotForm) -> HttpResponse:
        """The client came too late: other times, and everything they typed."""
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

    def too_often(self, slot: datetime | None, form: SlotForm, refusal: TooOften) -> HttpResponse:
        """The form to send again later. It keeps what it carried: by that, an earlier one may have
        got the slot already."""
        if slot is None:
            return refuse(self.request, refusal)
        names = () if form.chooses else self.hidden(slot)
        carried = {name: form.data.get(name, "") for name in names}
        notice = send_again_later(refusal)
        response = self.fill_in(slot, form.as_typed(), notice=notice, hidden=carried, status=429)
        response["Retry-After"] = str(refusal.seconds)
        return response

    def render(self, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
        is_part = name in {"pick", "fill_in"}
        as_fragment = is_part and FRAGMENT_HEADER in self.request.headers
        context |= {
            "narrow": not is_part,
            "as_fragment": as_fragment,
            "calendar": self.calendar,
            "rules": self.rules,
            "moving": self.moving,
            "page_url": self.page_url,
            "form_url": self.form_url,
            "viewer": self.viewer,
            "zone_is_settled": self.zone_is_settled(),
            "body": f"booking/client/_{name}.html",
        }
        template = context["body"] if as_fragment else "booking/client/page.html"
        response = render(self.request, template, context, status=status)
        if as_fragment:
            response[FRAGMENT_HEADER] = "1"
        if self.state.has_chosen_zone and self.state.zone:
            response.set_cookie(
                ZONE_COOKIE,
                self.state.zone.key,
                max_age=YEAR_IN_SECONDS,
                secure=self.request.is_secure(),
                httponly=True,
                samesite="Lax",
            )
        return response


def send_again_later(refusal: TooOften) -> str:
    """What is said above a form that was sent too often."""
    comfort = _("Nothing you typed is lost.")
    return f"{refusal} {comfort}"


def lead_to(request: HttpRequest, url: str, viewer: Viewer) -> HttpResponse:
    """On to a page that shows what was done, by the same clock and in the same language.

    The script goes there itself: what it is led to by a redirect, it would only have to load again.
    """
    kept = {name: value for name, value in viewer.kept.items() if name != "tz"}
    if kept:
        url = f"{url}?{urlencode(kept)}"
    if FRAGMENT_HEADER in request.headers:
        return HttpResponse(status=204, headers={"X-Location": url})
    return HttpResponseRedirect(url, status=303)


class BookingVisit(Visit):
    """A visit to a calendar's booking page, with every answer that only a booking can get."""

    def __init__(self, request: HttpRequest, entrance: Entrance) -> None:
        super().__init__(
            request,
            entrance.calendar,
            page_url=entrance.page_url,
            form_url=entrance.bookings_url,
        )
        self.entrance = entrance
        self.link = entrance.link

    def blank_form(self) -> BookingForm:
        return BookingForm(questions=self.calendar.questions)

    def hidden(self, slot: datetime) -> dict[str, str | int]:
        """Always a nonce for just this slot."""
        return {"nonce": make_nonce(calendar=self.calendar, link=self.link, slot=slot)}

    def refusal(
        self, *, ask: AskForm | None = None, too_often: TooOften | None = None
    ) -> HttpResponse | None:
        """The answer where nothing can be booked: why, or what this very browser has booked.

        `ask` is a refused request for a new link, for its errors or because it was `too_often`.
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
        """Which it is, and a way to ask for a new one: once, whoever asks."""
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
        """On to the confirmation; the browser that used a link is led there again."""
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
        """The booking that this very browser made with the link."""
        if self.link is None or not self.link.is_used:
            return None
        cookie, booking = self.request.COOKIES.get(BOOKED_COOKIE, ""), self.link.booking
        return booking if constant_time_compare(cookie, booking.manage_token) else None

    def render(self, name: str, **context: Any) -> HttpResponse:
        return super().render(name, entrance=self.entrance, **context)
