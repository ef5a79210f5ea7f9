"""The admin manages owners and shows calendars. Changes take the same locks as the acts."""

import re
from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path, unquote
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from calendars.kit.search.renewal import renew
from calendars.lifecycle import pause_calendar, resume_calendar
from calendars.locks import lock_hosts
from calendars.models import (
    Calendar,
    CalendarAddress,
    Confirmation,
    DateOverride,
    OverrideHours,
    Owner,
    PasswordReset,
    WeeklyHours,
    normalise_email,
)
from calendars.tabs.model_forms import ShownFormSet, ShownModelForm, shown


@never_cache
def sign_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """Send staff to the owners' sign-in page, which is throttled. Others get 403."""
    if request.user.is_authenticated and not admin.site.has_permission(request):
        raise PermissionDenied
    return redirect_to_login(request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index"))


@never_cache
def change_password(
    request: HttpRequest, extra_context: dict[str, Any] | None = None
) -> HttpResponse:
    """Lead staff to the owners' page, where guesses at the password are throttled."""
    return redirect("calendars:password_change")


admin.site.login = sign_in  # type: ignore[method-assign]
admin.site.password_change = change_password  # type: ignore[method-assign,assignment]
admin.site.site_header = admin.site.site_title = "Quantix"

KEY = re.compile("[0-9]{1,18}")

# Django's two lists beside each other have no labels that a screen reader can read.
NO_DOUBLE_LISTS: list[str] = []


class KeySelect(AutocompleteSelect):
    """A select that looks up numbers only. Django's own looks up whatever it was sent."""

    def optgroups(self, name: str, value: Sequence[str], attrs: Any = None) -> Any:
        keys = [each for each in value if KEY.fullmatch(str(each))]
        return super().optgroups(name, keys, attrs)


class Sturdy:
    """Answers malformed requests with a message or 404, and saves only what was changed on a page.

    Django's admin trusts that its own pages wrote what it is sent, and fails with 500 otherwise. It
    also writes back every field as the page showed it, whatever was saved elsewhere since.
    """

    def hosts_of(self, row: Any) -> list[int]:
        """Return the ids of the owners who must be locked before `row` is compared and saved."""
        return []

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Compare, check and save under the locks under which owners do (`in_turn`)."""
        view = super().changeform_view  # type: ignore[misc]
        with transaction.atomic():
            if request.method == "POST" and object_id is not None:
                self._lock(self.get_object(request, unquote(object_id)))
            return cast(HttpResponse, view(request, object_id, *args, **kwargs))

    def _lock(self, row: Model | None) -> None:
        if row:
            lock_hosts(self.hosts_of(row))
            rows = type(row)._base_manager.select_for_update(no_key=True)
            rows.filter(pk=row.pk).first()

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]
        return shown(form) if change else form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.save()
            return
        stored = {field.name for field in obj._meta.concrete_fields}
        obj.save(update_fields=stored.intersection(form.changed_data))
        renew(obj, changed=form.changed_data)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        if "\0" in object_id:  # PostgreSQL refuses a NUL even in a query
            return None
        # Django takes an empty `_to_field` for the name of a field.
        return super().get_object(request, object_id, from_field or None)  # type: ignore[misc]

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name in self.autocomplete_fields:  # type: ignore[attr-defined]
            kwargs.setdefault("widget", KeySelect(db_field, admin.site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Return whether the list offers to filter by `lookup`.

        Django allows every field of the model. By `token__regex`, a few requests would give away a
        token that the pages do not show.
        """
        return lookup in offered_lookups(self, request)


def offered_lookups(model_admin: Any, request: HttpRequest) -> set[str]:
    """Return the parameters of the list's filters and of its hierarchy of dates."""
    dates = model_admin.date_hierarchy
    offered = {f"{dates}__{part}" for part in ("year", "month", "day")} if dates else set()
    for each in model_admin.get_list_filter(request):
        if isinstance(each, type) and issubclass(each, admin.SimpleListFilter):
            offered.add(str(each.parameter_name))
            continue
        path, kind = each if isinstance(each, tuple) else (each, admin.FieldListFilter.create)
        field = get_fields_from_path(model_admin.model, path)[-1]
        shown = kind(field, request, {}, model_admin.model, model_admin, field_path=path)
        offered.update(shown.expected_parameters())
    return offered


class NoDeletion(Sturdy):
    """For records that others refer to, and that must not be deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnly(NoDeletion):
    """For records that only the application makes and changes."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


admin.site.unregister(Group)


@admin.register(Group)
class OwnGroupAdmin(Sturdy, GroupAdmin):
    """Django's admin of groups, with our base class and without double lists."""

    filter_horizontal = NO_DOUBLE_LISTS


class OwnerCreationForm(AdminUserCreationForm):
    class Meta:
        model = Owner
        fields = ("email", "display_name")

    def clean_email(self) -> str:
        return normalise_email(self.cleaned_data["email"])


@admin.register(Owner)
class OwnerAdmin(NoDeletion, UserAdmin):
    def hosts_of(self, row: Owner) -> list[int]:
        return [row.pk]

    add_form = OwnerCreationForm
    ordering = ["email"]
    list_display = ["email", "display_name", "is_active", "is_staff", "created_at", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["search_text__mentions"]
    readonly_fields = ["created_at", "last_login"]
    filter_horizontal = NO_DOUBLE_LISTS
    fieldsets = [
        (
            None,
            {
                "fields": [
                    *("email", "unconfirmed_email", "password"),
                    *("display_name", "language", "time_zone"),
                ]
            },
        ),
        (
            _("Permissions"),
            {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]},
        ),
        (_("Dates"), {"fields": ["created_at", "last_login"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "display_name", "usable_password", "password1", "password2"]})
    ]


@admin.register(Confirmation)
class ConfirmationAdmin(ReadOnly, admin.ModelAdmin):
    """The admin of the emails by which owners confirm an address."""

    list_display = ["owner", "due_at", "tries", "done_at", "failed_at", "error"]
    list_select_related = ["owner"]
    search_fields = ["owner__search_text__mentions"]


@admin.register(PasswordReset)
class PasswordResetAdmin(ReadOnly, admin.ModelAdmin):
    """The admin of links to a new password that were asked for. Some have no owner to go to."""

    fields = [
        *("owner", "due_at", "next_try_at", "tries", "error"),
        *("done_at", "failed_at", "dropped_at"),
    ]
    list_display = ["owner", "due_at", "tries", "done_at", "failed_at", "dropped_at", "error"]
    list_filter = [
        ("failed_at", admin.EmptyFieldListFilter),
        ("done_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["owner"]
    search_fields = ["owner__search_text__mentions"]


class RowsInline(admin.StackedInline):
    """Stacked, because in a table the fields have no labels that a screen reader can read."""

    form = ShownModelForm
    formset = ShownFormSet
    extra = 0


class WeeklyHoursInline(RowsInline):
    model = WeeklyHours
    fields = [("weekday", "start_minute", "end_minute")]


@admin.action(description=_("Pause selected calendars"), permissions=["change"])
def pause(
    calendar_admin: admin.ModelAdmin, request: HttpRequest, chosen: QuerySet[Calendar]
) -> None:
    for calendar in chosen:
        pause_calendar(calendar=calendar, now=timezone.now())


@admin.action(description=_("Resume selected calendars"), permissions=["change"])
def resume(
    calendar_admin: admin.ModelAdmin, request: HttpRequest, chosen: QuerySet[Calendar]
) -> None:
    for calendar in chosen:
        resume_calendar(calendar=calendar)


@admin.register(Calendar)
class CalendarAdmin(NoDeletion, admin.ModelAdmin):
    """Owners make and delete their calendars, and choose the address, on their own pages."""

    # The calendar's own page is open to its owner only.
    view_on_site = False
    actions = [pause, resume]
    inlines = [WeeklyHoursInline]
    list_display = ["name", "slug", "owner", "time_zone", "paused_at", "deleted_at"]
    list_filter = [
        ("paused_at", admin.EmptyFieldListFilter),
        ("deleted_at", admin.EmptyFieldListFilter),
        "colour",
    ]
    list_select_related = ["owner"]
    search_fields = ["search_text__mentions", "slug", "owner__search_text__mentions"]
    readonly_fields = [
        "owner",
        "slug",
        "questions",
        "client_mails",
        "owner_mails",
        "reminder_minutes",
        "created_at",
        "paused_at",
        "deleted_at",
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def hosts_of(self, row: Calendar) -> list[int]:
        return row.host_ids


@admin.register(CalendarAddress)
class CalendarAddressAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["slug", "calendar", "created_at"]
    list_select_related = ["calendar"]
    search_fields = ["slug", "calendar__search_text__mentions"]


class OverrideHoursInline(RowsInline):
    model = OverrideHours
    fields = [("start_minute", "end_minute")]


@admin.register(DateOverride)
class DateOverrideAdmin(Sturdy, admin.ModelAdmin):
    date_hierarchy = "date"
    inlines = [OverrideHoursInline]
    list_display = ["date", "calendar"]
    list_select_related = ["calendar"]
    search_fields = ["calendar__search_text__mentions", "calendar__slug"]
    autocomplete_fields = ["calendar"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: DateOverride | None = None
    ) -> list[str]:
        return ["calendar"] if obj else []

    def hosts_of(self, row: DateOverride) -> list[int]:
        return row.calendar.host_ids

    def save_model(
        self, request: HttpRequest, obj: DateOverride, form: ModelForm, change: bool
    ) -> None:
        lock_hosts(self.hosts_of(obj))
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: DateOverride) -> None:
        lock_hosts(obj.calendar.host_ids)
        obj.delete()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[DateOverride]) -> None:
        with transaction.atomic():
            calendars = Calendar.objects.filter(date_overrides__in=queryset).distinct()
            lock_hosts(pk for calendar in calendars for pk in calendar.host_ids)
            queryset.delete()
