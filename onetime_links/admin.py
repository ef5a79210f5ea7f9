"""The admin makes, edits and revokes links by the owners' acts. It never shows a token."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from calendars.admin import NoDeletion, ReadOnly
from calendars.kit.timetext import moment_text
from calendars.models import Calendar
from onetime_links.forms import ChecksExpiry, ExpiryField
from onetime_links.links import (
    EXPIRY_FIXED,
    ExpiryFixed,
    ExpiryPassed,
    LinkNotActive,
    OtherLinkWorks,
    check_invitation,
    edit_link,
    generate_link,
    revoke_link,
)
from onetime_links.models import LinkRequest, OneTimeLink, OneTimeLinkQuerySet, Status


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(status.value, status.label) for status in Status]

    def queryset(self, request: HttpRequest, queryset: Any) -> OneTimeLinkQuerySet:
        links: OneTimeLinkQuerySet = queryset
        status = self.value() or ""
        return links.of_status(status, at=timezone.now()) if status in Status.values else links


class LinkAdminForm(ChecksExpiry, forms.ModelForm):
    expires_at = ExpiryField(
        zone=ZoneInfo("UTC"), help_text=_("In the calendar's time zone. Empty: valid until used.")
    )

    class Meta:
        model = OneTimeLink
        fields = ("calendar", "note", "expires_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = timezone.now()
        if self.instance.pk:
            self._set_zone(self.instance.calendar)
            if self.instance.status(at=self.now) in EXPIRY_FIXED:
                del self.fields["expires_at"]

    def clean_calendar(self) -> Calendar:
        calendar: Calendar = self.cleaned_data["calendar"]
        if calendar.is_deleted:
            raise ValidationError(_("This calendar was deleted."), code="deleted")
        # `expires_at` is cleaned after `calendar`, and so by the zone that is set here.
        self._set_zone(calendar)
        return calendar

    def clean_expires_at(self) -> datetime | None:
        expires_at = super().clean_expires_at()
        if self.instance.pk and "expires_at" in self.changed_data:
            try:
                check_invitation(self.instance, now=self.now)
            except OtherLinkWorks as refusal:
                raise ValidationError(refusal.reason, code="replaced") from None
        return expires_at

    def _set_zone(self, calendar: Calendar) -> None:
        field = self.fields.get("expires_at")
        if isinstance(field, ExpiryField):
            field.zone = calendar.zone


@admin.action(description=_("Revoke selected links"), permissions=["change"])
def revoke(
    link_admin: admin.ModelAdmin, request: HttpRequest, chosen: QuerySet[OneTimeLink]
) -> None:
    now, count, others = timezone.now(), 0, 0
    for link in chosen:
        try:
            revoke_link(link=link, now=now)
            count += 1
        except LinkNotActive:
            others += 1
    text = ngettext("%(count)d link was revoked.", "%(count)d links were revoked.", count)
    link_admin.message_user(request, text % {"count": count}, messages.SUCCESS)
    if others:
        text = ngettext(
            "%(count)d link was not active, and stays as it is.",
            "%(count)d links were not active, and stay as they are.",
            others,
        )
        link_admin.message_user(request, text % {"count": others}, messages.WARNING)


@admin.register(OneTimeLink)
class OneTimeLinkAdmin(NoDeletion, admin.ModelAdmin):
    form = LinkAdminForm
    actions = [revoke]
    autocomplete_fields = ["calendar"]
    date_hierarchy = "created_at"
    list_display = ["label", "calendar", "owner", "status", "created", "expires"]
    list_filter = [StatusFilter, "created_at", ("expires_at", admin.EmptyFieldListFilter)]
    list_select_related = ["calendar__owner", "booking"]
    search_fields = [
        "search_text__mentions",
        "calendar__search_text__mentions",
        "calendar__owner__search_text__mentions",
    ]
    # With many links, counting all of them for every page would be slow.
    show_full_result_count = False
    # The button would show staff the link's address, and so its token.
    view_on_site = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[OneTimeLink]:
        return super().get_queryset(request).select_related("calendar__owner", "booking")

    def get_fields(self, request: HttpRequest, obj: OneTimeLink | None = None) -> list[Any]:
        if obj is None:
            return ["calendar", "note", "expires_at"]
        fixed = obj.status(at=timezone.now()) in EXPIRY_FIXED
        expiry = "expires" if fixed else "expires_at"
        return ["calendar", "note", expiry, "status", "created", "revoked"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: OneTimeLink | None = None
    ) -> list[str]:
        if obj is None:
            return []
        fields = self.get_fields(request, obj)
        return [name for name in fields if name not in {"note", "expires_at"}]

    def hosts_of(self, row: OneTimeLink) -> list[int]:
        return row.calendar.host_ids

    def save_model(self, request: HttpRequest, obj: OneTimeLink, form: Any, change: bool) -> None:
        if not change:
            made = generate_link(
                calendar=obj.calendar, now=form.now, note=obj.note, expires_at=obj.expires_at
            )
            obj.pk = made.pk
            return
        try:
            edit_link(link=obj, now=form.now, **form.changes)
        except (ExpiryFixed, ExpiryPassed, OtherLinkWorks):
            text = _("The link was changed meanwhile, and stays as it is.")
            self.message_user(request, text, messages.ERROR)

    @admin.display(description=_("Note"), ordering="note")
    def label(self, link: OneTimeLink) -> str:
        return link.note or str(_("No note"))

    @admin.display(description=_("owner"), ordering="calendar__owner__display_name")
    def owner(self, link: OneTimeLink) -> str:
        return str(link.calendar.owner)

    @admin.display(description=_("status"))
    def status(self, link: OneTimeLink) -> str:
        return str(link.status(at=timezone.now()).label)

    @admin.display(description=_("Expires At"), ordering="expires_at")
    def expires(self, link: OneTimeLink) -> str:
        return moment_in_calendar(link, link.expires_at) or str(_("Valid until used"))

    @admin.display(description=_("created at"), ordering="created_at")
    def created(self, link: OneTimeLink) -> str | None:
        return moment_in_calendar(link, link.created_at)

    @admin.display(description=_("revoked at"), ordering="revoked_at")
    def revoked(self, link: OneTimeLink) -> str | None:
        return moment_in_calendar(link, link.revoked_at)


def moment_in_calendar(link: OneTimeLink, instant: datetime | None) -> str | None:
    """Return an instant in the calendar's zone, with the zone's name: staff may be in another."""
    if instant is None:
        return None
    zone = link.calendar.zone
    return f"{moment_text(instant, zone, timezone.now())}, {zone.key}"


@admin.register(LinkRequest)
class LinkRequestAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["client_name", "link", "created_at", "answered_at", "dismissed_at"]
    list_select_related = ["link"]
    search_fields = [
        "search_text__mentions",
        "link__search_text__mentions",
        "link__calendar__search_text__mentions",
    ]
