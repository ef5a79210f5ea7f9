"""The client's own page of their booking, which also says how they may change it."""

from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.acts.limits import Allowance, Refusal, find_allowance
from booking.client.manage_forms import CancellationForm
from booking.client.page_state import read_page_state
from booking.client.picker import Viewer
from booking.entries import entry_of
from booking.ics import google_url, outlook_url
from booking.models import Act, Booking, Change, Party
from booking.times.rules import rules_for
from calendars.kit.languages import current_customs


def show_booking(
    request: HttpRequest,
    booking: Booking,
    *,
    now: datetime,
    embedded: bool = False,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    """Return the page of the booking as it is now. It makes at most two queries."""
    if booking.sequence:
        prefetch_related_objects([booking], "changes")
    viewer = client_viewer(request, booking, now=now)
    owner, change = booking.host.display_name, last_change(booking)
    allowance, entry = find_allowance(booking, now=now), entry_of(booking)
    context = {
        **facts_of(booking, viewer),
        "is_past": booking.ends_at <= now,
        "change": change,
        "story": tell_change(change, viewer=viewer, owner=owner) if change else "",
        "allowance": allowance,
        "sentences": tell_allowance(allowance, viewer=viewer, owner=owner),
        "again_url": _again_url(booking),
        "embedded": embedded,
        "notice": notice,
        "ics_url": reverse("booking:booking_ics", args=[booking.manage_token]),
        "google_url": google_url(entry),
        "outlook_url": outlook_url(entry),
    }
    return render(request, "booking/client/confirmation.html", context, status=status)


def nothing_changed(request: HttpRequest, booking: Booking, *, now: datetime) -> HttpResponse:
    """Return the answer to a refused change: the booking's page, which says what is allowed."""
    return show_booking(request, booking, now=now, notice=_("Nothing was changed."), status=409)


def ask_to_cancel(
    request: HttpRequest,
    booking: Booking,
    form: CancellationForm,
    *,
    now: datetime,
    notice: str,
    status: int,
) -> HttpResponse:
    context = {
        **facts_of(booking, client_viewer(request, booking, now=now)),
        "form": form,
        "notice": notice,
        "title": _("Cancel booking"),
    }
    return render(request, "booking/client/cancel.html", context, status=status)


def client_viewer(request: HttpRequest, booking: Booking, *, now: datetime) -> Viewer:
    """Return the client as viewer: with the zone of the booking and the clock of the address."""
    state = read_page_state(request.GET)
    return Viewer(
        now=now,
        zone=booking.client_zone,
        clock=state.clock or current_customs().clock,
        kept=state.kept("clock", "lang"),
    )


def facts_of(booking: Booking, viewer: Viewer) -> dict[str, Any]:
    """Return the context that all pages of a booking share."""
    return {
        "booking": booking,
        "calendar": booking.calendar,
        "rules": rules_for(booking.calendar, booking=booking),
        "viewer": viewer,
        "starts_at": booking.starts_at,
        "date": viewer.full_date(booking.starts_at),
        "times": viewer.times(booking.starts_at, booking.ends_at),
        "narrow": True,
    }


def last_change(booking: Booking) -> Change | None:
    """Return the last change that moved or cancelled the booking, or None if none did."""
    if booking.sequence == 0:
        return None
    changes = (each for each in booking.changes.all() if each.sequence == booking.sequence)
    return next(changes, None)


def tell_change(change: Change, *, viewer: Viewer, owner: str) -> str:
    """Return a sentence that says what happened to the booking last, and who did it."""
    texts = {
        (Act.RESCHEDULED, Party.CLIENT): _("You moved it from %(moved_from)s."),
        (Act.RESCHEDULED, Party.OWNER): _("%(owner)s moved it from %(moved_from)s."),
        (Act.CANCELLED, Party.CLIENT): _("You cancelled it on %(at)s."),
        (Act.CANCELLED, Party.OWNER): _("%(owner)s cancelled it on %(at)s."),
    }
    facts = {"owner": owner, "at": _instant(change.at, viewer)}
    if change.moved_from:
        facts["moved_from"] = _instant(change.moved_from, viewer)
    return texts[Act(change.act), Party(change.by)] % facts


def tell_allowance(allowance: Allowance, *, viewer: Viewer, owner: str) -> list[str]:
    """Return sentences on what the client may do and until when, what not, and whom to ask."""
    if allowance.cancel == Refusal.CANCELLED:
        return []
    if allowance.cancel == Refusal.PAST:
        return [_("It has begun, and cannot be changed any more.")]
    return [
        *_granted(allowance, viewer),
        *_denied(allowance, viewer),
        *_whom_to_ask(allowance, owner),
    ]


def _granted(allowance: Allowance, viewer: Viewer) -> list[str]:
    texts = {
        (True, True): _("You can reschedule or cancel until %(until)s."),
        (True, False): _("You can reschedule until %(until)s."),
        (False, True): _("You can cancel until %(until)s."),
    }
    may_move, may_cancel = allowance.reschedule is None, allowance.cancel is None
    if not (may_move or may_cancel):
        return []
    sentences = [texts[may_move, may_cancel] % {"until": _instant(allowance.until, viewer)}]
    if may_move and allowance.most_moves is not None:
        left = allowance.most_moves - allowance.moves
        text = ngettext(
            "You can reschedule one more time.", "You can reschedule %(count)d more times.", left
        )
        sentences.append(text % {"count": left})
    return sentences


def _denied(allowance: Allowance, viewer: Viewer) -> list[str]:
    move, cancel = allowance.reschedule, allowance.cancel
    if move == cancel:
        words: dict[Refusal | None, str] = {
            Refusal.FORBIDDEN: _("It cannot be changed online."),
            Refusal.TOO_LATE: _("It could be rescheduled or cancelled until %(until)s."),
        }
        denied = [words.get(move)]
    else:
        most = allowance.most_moves or 0
        move_words: dict[Refusal | None, str] = {
            Refusal.FORBIDDEN: _("It cannot be rescheduled online."),
            Refusal.TOO_LATE: _("It could be rescheduled until %(until)s."),
            Refusal.TOO_OFTEN: ngettext(
                "It can be rescheduled once, and you have done that.",
                "It can be rescheduled %(count)d times, and you have done that.",
                most,
            ),
            Refusal.CLOSED: _("It cannot be rescheduled now: no bookings are taken at the moment."),
        }
        cancel_words: dict[Refusal | None, str] = {
            Refusal.FORBIDDEN: _("It cannot be cancelled online."),
            Refusal.TOO_LATE: _("It could be cancelled until %(until)s."),
        }
        denied = [move_words.get(move), cancel_words.get(cancel)]
    facts = {"until": _instant(allowance.until, viewer), "count": allowance.most_moves}
    return [text % facts for text in denied if text]


def _whom_to_ask(allowance: Allowance, owner: str) -> list[str]:
    if allowance.reschedule and allowance.cancel:
        return [_("To change it, please ask %(owner)s.") % {"owner": owner}]
    if allowance.reschedule:
        return [_("To reschedule, please ask %(owner)s.") % {"owner": owner}]
    if allowance.cancel:
        return [_("To cancel, please ask %(owner)s.") % {"owner": owner}]
    return []


def _instant(instant: datetime, viewer: Viewer) -> str:
    """Return a text such as "Tuesday 24 November, 10:00 (Berlin time)"."""
    words = {"date": viewer.date(instant), "time": viewer.time(instant), "zone": viewer.zone_name}
    return _("%(date)s, %(time)s (%(zone)s time)") % words


def _again_url(booking: Booking) -> str:
    """Return the address of the public page for a client who booked there, else an empty text.

    Other clients may not be meant to know of the public page.
    """
    if booking.one_time_link_id or booking.made_by_owner or booking.calendar.is_deleted:
        return ""
    return reverse("booking:public_page", args=[booking.calendar.slug])
