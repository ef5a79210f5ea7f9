"""Pages that show, export and erase what is held of a client: for an owner, or for all of them.

The email address is always sent by POST: in an address it would stay in logs and histories.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from booking.acts.cancel import cancel_booking
from booking.acts.limits import ChangeRefused
from booking.models import Party
from booking.privacy.erase import (
    ClientExpected,
    EmailInHand,
    amounts_of,
    erase_client,
)
from booking.privacy.export import to_csv, to_json
from booking.privacy.forms import ClientForm, ErasureForm, ExportForm
from booking.privacy.held import Held, find_held
from booking.privacy.words import in_words
from booking.timewords import span_text
from calendars.access import signed_in_owner
from calendars.models import Owner
from calendars.typed import form_of

# How many bookings the page shows. The export has them all.
MOST_SHOWN = 50
PERMISSION = "booking.erase_client"


@dataclass(frozen=True)
class Desk:
    """Where a request looks: on the calendars of `owner`, or on everybody's for None."""

    owner: Owner | None
    may_see_all: bool

    @property
    def addresses(self) -> dict[str, str]:
        """Return the addresses of the pages by their last word."""
        everybodys = "" if self.owner else "_of_all"
        names = ("page", "export", "cancellations", "erasure")
        return {name: reverse(f"booking:client_{name}{everybodys}") for name in names}


def desk_of(request: HttpRequest, *, of_all: bool) -> Desk:
    """Return the desk of who is signed in. Raises Http404 if they may not look at all."""
    owner = signed_in_owner(request)
    may_see_all = owner.is_staff and owner.has_perm(PERMISSION)
    if of_all and not may_see_all:
        raise Http404
    return Desk(None if of_all else owner, may_see_all)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def client_page(request: HttpRequest, *, of_all: bool) -> HttpResponse:
    """Ask for a client's email, and show what is held."""
    desk = desk_of(request, of_all=of_all)
    form = form_of(request, ClientForm)
    return _show(request, desk, form)


@never_cache
@login_required
@require_POST
def client_export(request: HttpRequest, *, of_all: bool) -> HttpResponse:
    """Send what is held as a file."""
    desk, form, now = desk_of(request, of_all=of_all), ExportForm(request.POST), timezone.now()
    if not form.is_valid():
        return _show(request, desk, form)
    held = find_held(form.cleaned_data["email"], owner=desk.owner)
    kind = form.cleaned_data["format"]
    body = to_json(held, now=now) if kind == "json" else to_csv(held)
    content_type = "application/json" if kind == "json" else "text/csv; charset=utf-8"
    response = HttpResponse(body, content_type=content_type)
    # The name of the file does not tell whom it is about.
    response["Content-Disposition"] = f'attachment; filename="client-{now:%Y-%m-%d}.{kind}"'
    return response


@never_cache
@login_required
@require_POST
def client_cancellations(request: HttpRequest, *, of_all: bool) -> HttpResponse:
    """Cancel the client's upcoming bookings, and tell them as always."""
    desk, form, now = desk_of(request, of_all=of_all), ClientForm(request.POST), timezone.now()
    if form.is_valid():
        count = 0
        for booking in find_held(form.cleaned_data["email"], owner=desk.owner).upcoming(at=now):
            try:
                cancel_booking(booking=booking, by=Party.OWNER, now=now)
            except ChangeRefused:
                continue  # somebody else has cancelled it meanwhile
            count += 1
        text = ngettext(
            "%(count)d booking was cancelled.", "%(count)d bookings were cancelled.", count
        )
        messages.success(request, text % {"count": count})
    return _show(request, desk, form)


@never_cache
@login_required
@require_POST
def client_erasure(request: HttpRequest, *, of_all: bool) -> HttpResponse:
    desk, form = desk_of(request, of_all=of_all), ErasureForm(request.POST)
    if not form.is_valid():
        return _show(request, desk, form)
    try:
        erased = erase_client(owner=desk.owner, now=timezone.now(), **form.cleaned_data)
    except ClientExpected:
        form.add_error(None, _("Upcoming bookings must be cancelled first."))
        return _show(request, desk, form, status=409)
    except EmailInHand:
        form.add_error(None, _("An email to them is being sent right now. Try again in a minute."))
        return _show(request, desk, form, status=409)
    # The message does not name the client: it may be kept in a cookie until it is shown.
    texts = in_words(erased)
    done = _("Erased: %(what)s.") % {"what": ", ".join(texts)} if texts else _("Nothing was held.")
    messages.success(request, done)
    return redirect(desk.addresses["page"])


def _show(request: HttpRequest, desk: Desk, form: ClientForm, *, status: int = 200) -> HttpResponse:
    """Show the form and, of a client whose email is good, what is held."""
    context: dict[str, Any] = {"form": form, "desk": desk}
    form.is_valid()
    if email := getattr(form, "cleaned_data", {}).get("email"):
        context |= _held_context(find_held(email, owner=desk.owner))
    elif form.is_bound:
        status = 422
    return render(request, "booking/privacy/client.html", context, status=status)


def _held_context(held: Held) -> dict[str, Any]:
    bookings = held.bookings[-MOST_SHOWN:]
    return {
        "held": held,
        "rows": [
            (each, span_text(each.starts_at, each.ends_at, each.calendar.zone)) for each in bookings
        ],
        "is_cut": len(held.bookings) > MOST_SHOWN,
        "upcoming": held.upcoming(at=timezone.now()),
        "amounts": in_words(amounts_of(held, with_notes=False)),
        "is_nothing": amounts_of(held, with_notes=True).is_nothing,
    }
