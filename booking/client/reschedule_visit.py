from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from booking.acts.limits import refuse_reschedule
from booking.client.manage_forms import RescheduleForm
from booking.client.manage_page import nothing_changed
from booking.client.visit import Visit
from booking.models import Booking, Party


class RescheduleVisit(Visit):
    """A visit by a manage link, to choose another slot for the booking."""

    moving: Booking

    def __init__(self, request: HttpRequest, booking: Booking) -> None:
        url = reverse("booking:manage_reschedule", args=[booking.manage_token])
        super().__init__(request, booking.calendar, page_url=url)
        self.moving = booking

    @property
    def form_url(self) -> str:
        return self.page_url

    @property
    def owner_name(self) -> str:
        return self.moving.host.display_name

    @property
    def page_zone(self) -> ZoneInfo:
        return self.moving.client_zone

    def zone_is_settled(self) -> bool:
        # The zone of a booking that the owner entered is only a guess.
        return super().zone_is_settled() or not self.moving.made_by_owner

    def blank_form(self) -> RescheduleForm:
        return RescheduleForm(owner=self.owner_name)

    def hidden(self, slot: datetime) -> dict[str, str | int]:
        return {"sequence": self.moving.sequence}

    def unavailable(self) -> HttpResponse | None:
        """Return the booking's own page, which says what is allowed, if it may not be moved."""
        if not refuse_reschedule(self.moving, by=Party.CLIENT, now=self.now):
            return None
        if self.request.method != "POST":
            return redirect(self.moving)
        return nothing_changed(self.request, self.moving, now=self.now)

    def not_free(self, slot: datetime) -> str:
        if slot == self.moving.starts_at:
            return _("Your booking is at that time already. Choose another, or keep it.")
        return super().not_free(slot)

    def render(self, name: str, **context: Any) -> HttpResponse:
        context |= {
            "title": _("Reschedule"),
            "manage_url": self.moving.get_absolute_url(),
            "present_date": self.viewer.full_date(self.moving.starts_at),
            "present_times": self.viewer.times(self.moving.starts_at, self.moving.ends_at),
        }
        return super().render(name, **context)
