from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from calendars.access import calendar_of, find_or_404, in_turn, signed_in_owner
from calendars.models import Calendar
from calendars.once import confirm, once
from calendars.typed import form_of
from onetime_links.access import link_of
from onetime_links.forms import EditLinkForm, LinkForm, link_list_state
from onetime_links.links import (
    ExpiryFixed,
    ExpiryPassed,
    LinkNotActive,
    OtherLinkWorks,
    UndoTooLate,
    edit_link,
    generate_link,
    revoke_link,
    undo_revoke,
)
from onetime_links.listing import LinkList, LinkListState, Place
from onetime_links.models import OneTimeLink, Status


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@vary_on_headers("HX-Request")
def section(request: HttpRequest, slug: str) -> HttpResponse:
    """The section One-Time Links; a POST generates a link, or fills Expires At by a preset."""
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    now = timezone.now()
    if request.method != "POST":
        new = "new" in request.GET
        form = form_of(request, LinkForm, zone=calendar.zone, now=now) if new else None
        return _section(request, calendar, form, now=now)
    if "preset" in request.POST:
        form = LinkForm(zone=calendar.zone, now=now)
        form.take_preset(request.POST)
        return _section(request, calendar, form, now=now)
    form = LinkForm(request.POST, zone=calendar.zone, now=now)
    if not form.is_valid():
        return _section(request, calendar, form, now=now)
    return _generate(request, calendar, Place.SECTION, now=now, **form.cleaned_data)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@vary_on_headers("HX-Request")
def share_tab(request: HttpRequest, slug: str) -> HttpResponse:
    """The tab One Time Link of the Share dialog; a POST generates a link."""
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    now = timezone.now()
    if request.method == "POST":
        return _generate(request, calendar, Place.SHARE, now=now)
    links = LinkList(calendar, link_list_state(request.GET, place=Place.SHARE), now=now)
    context = {"calendar": calendar, "links": links}
    return render(request, "onetime_links/share_tab.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@vary_on_headers("HX-Request")
@in_turn
def edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    link = find_or_404(link_of, signed_in_owner(request), slug, pk)
    now = timezone.now()
    if request.method != "POST":
        return _edit(request, link, form_of(request, EditLinkForm, link=link, now=now))
    if "preset" in request.POST:
        form = EditLinkForm(link=link, now=now)
        form.take_preset(request.POST)
        return _edit(request, link, form)
    form = EditLinkForm(request.POST, link=link, now=now)
    if form.is_valid():
        try:
            edit_link(link=link, now=now, **form.changes)
        except ExpiryFixed:
            form = form.without_expiry(_("It was used or revoked, so it keeps its expiry."))
        except ExpiryPassed:
            form.add_error("expires_at", _("Choose a time in the future."))
        except OtherLinkWorks as refusal:
            form.add_error("expires_at", refusal.reason)
        else:
            messages.success(request, _("The link was saved."))
            return redirect(link_list_state(request.GET, kept=link.pk).url(link.calendar))
    return _edit(request, link, form)


@require_POST
@login_required
def revocation(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    link = find_or_404(link_of, signed_in_owner(request), slug, pk)
    try:
        revoke_link(link=link, now=timezone.now())
    except LinkNotActive as refusal:
        # The second click of a double click finds the link revoked, as it was meant to be.
        if refusal.status != Status.REVOKED:
            text = _("“%(name)s” was not revoked: its status is %(status)s.")
            words = {"name": link.name, "status": refusal.status.label}
            messages.warning(request, text % words)
    return redirect(link_list_state(request.GET, kept=link.pk).url(link.calendar))


@require_POST
@login_required
def restoration(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Undo a revocation."""
    link = find_or_404(link_of, signed_in_owner(request), slug, pk)
    now = timezone.now()
    try:
        status = undo_revoke(link=link, now=now).status(at=now)
    except UndoTooLate:
        text = _("“%(name)s” stays revoked: that can be undone for two minutes only.")
        messages.warning(request, text % {"name": link.name})
    except OtherLinkWorks as refusal:
        text = _("“%(name)s” stays revoked.") % {"name": link.name}
        messages.warning(request, f"{text} {refusal.reason}")
    else:
        text = {
            Status.ACTIVE: _("“%(name)s” works again."),
            Status.EXPIRED: _("“%(name)s” is not revoked any more, but it has expired."),
        }.get(status, _("“%(name)s” is not revoked any more."))
        messages.success(request, text % {"name": link.name})
    return redirect(link_list_state(request.GET, kept=link.pk).url(link.calendar))


def _generate(
    request: HttpRequest, calendar: Calendar, place: Place, *, now: datetime, **facts: Any
) -> HttpResponse:
    """Generate a link, and lead to the list that shows it.

    A form that is sent again leads to the same link, as long as that can be sent to someone.
    """
    done = once(
        request,
        among=OneTimeLink.objects.active(at=now).filter(calendar=calendar),
        act=lambda: generate_link(calendar=calendar, now=now, **facts),
        now=now,
    )
    confirm(request, done)
    return redirect(LinkListState(place=place, made=done.made.pk).url(calendar))


def _section(
    request: HttpRequest, calendar: Calendar, form: LinkForm | None, *, now: datetime
) -> HttpResponse:
    links = LinkList(calendar, link_list_state(request.GET), now=now)
    context = {
        "calendar": calendar,
        "links": links,
        "form": form,
    }
    # A GET by htmx refreshes the list after a change, and leaves the form beside it alone.
    only_list = "HX-Request" in request.headers and request.method != "POST"
    template = "_links" if only_list else "section"
    status = 422 if form and form.errors else 200
    return render(request, f"onetime_links/{template}.html", context, status=status)


def _edit(request: HttpRequest, link: OneTimeLink, form: EditLinkForm) -> HttpResponse:
    """Return the form on the page, or in the dialog, of the list that it leads back to."""
    state = link_list_state(request.GET)
    context = {
        "calendar": link.calendar,
        "form": form,
        "back_url": state.url(link.calendar),
        "in_dialog": state.place == Place.SHARE and "HX-Request" in request.headers,
    }
    template = "share_edit" if state.place == Place.SHARE else "edit"
    status = 422 if form.errors else 200
    return render(request, f"onetime_links/{template}.html", context, status=status)
