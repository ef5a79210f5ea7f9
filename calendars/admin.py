"""The admin looks after owners and looks at calendars. What has a rule goes through that rule."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calendars.lifecycle import pause_calendar, resume_calendar
from calendars.locks import lock_owner
from calendars.models import (
    Calendar,
    CalendarAddress,
    DateOverride,
    OverrideHours,
    Owner,
    WeeklyHours,
    normalise_email,
)

admin.site.site_header = admin.site.site_title = "Quantix"


class NoDeletion:
    """For records that others refer to for ever."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnly(NoDeletion):
    """For records that only the application makes and changes."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class OwnerCreationForm(AdminUserCreationForm):
    class Meta:
        model = Owner
        fields = ("email", "display_name")

    def clean_email(self) -> str:
        return normalise_email(self.cleaned_data["email"])


@admin.register(Owner)
class OwnerAdmin(NoDeletion, UserAdmin):
    add_form = OwnerCreationForm
    ordering = ["email"]
    list_display = ["email", "display_name", "is_active", "is_staff", "created_at", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["email", "display_name"]
    readonly_fields = ["created_at", "last_login"]
    fieldsets = [
        (None, {"fields": ["email", "password", "display_name", "language"]}),
        (
            _("Permissions"),
            {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]},
        ),
        (_("Dates"), {"fields": ["created_at", "last_login"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "display_name", "usable_password", "password1", "password2"]})
    ]


class WeeklyHoursInline(admin.TabularInline):
    model = WeeklyHours
    extra = 0


@admin.action(description=_("Pause selected calendars"))
def pause(
    calendar_admin: admin.ModelAdmin, request: HttpRequest, chosen: QuerySet[Calendar]
) -> None:
    for calendar in chosen:
        pause_calendar(calendar=calendar, now=timezone.now())


@admin.action(description=_("Resume selected calendars"))
def resume(
    calendar_admin: admin.ModelAdmin, request: HttpRequest, chosen: QuerySet[Calendar]
) -> None:
    for calendar in chosen:
        resume_calendar(calendar=calendar)


@admin.register(Calendar)
class CalendarAdmin(NoDeletion, admin.ModelAdmin):
    """Owners make and delete their calendars, and choose the address, on their own pages."""

    actions = [pause, resume]
    inlines = [WeeklyHoursInline]
    list_display = ["name", "slug", "owner", "time_zone", "paused_at", "deleted_at"]
    list_filter = [
        ("paused_at", admin.EmptyFieldListFilter),
        ("deleted_at", admin.EmptyFieldListFilter),
        "colour",
    ]
    list_select_related = ["owner"]
    search_fields = ["name", "slug", "owner__email", "owner__display_name"]
    readonly_fields = ["owner", "slug", "questions", "created_at", "paused_at", "deleted_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Calendar, form: ModelForm, change: bool
    ) -> None:
        # The hours are saved after this, in the same transaction.
        lock_owner(obj.owner_id)
        obj.save(update_fields=form.changed_data or None)


@admin.register(CalendarAddress)
class CalendarAddressAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["slug", "calendar", "created_at"]
    list_select_related = ["calendar"]
    search_fields = ["slug", "calendar__name"]


class OverrideHoursInline(admin.TabularInline):
    model = OverrideHours
    extra = 0


@admin.register(DateOverride)
class DateOverrideAdmin(admin.ModelAdmin):
    date_hierarchy = "date"
    inlines = [OverrideHoursInline]
    list_display = ["date", "calendar"]
    list_select_related = ["calendar"]
    search_fields = ["calendar__name", "calendar__slug"]
    autocomplete_fields = ["calendar"]

    def save_model(self, request: HttpRequest, obj: DateOverride, *args: Any) -> None:
        lock_owner(obj.calendar.owner_id)
        obj.save()

    def delete_model(self, request: HttpRequest, obj: DateOverride) -> None:
        lock_owner(obj.calendar.owner_id)
        obj.delete()
