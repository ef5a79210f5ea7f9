from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from booking.cancel import cancel_booking
from booking.models import Booking
from calendars.admin import KeepsSecrets


@admin.action(description=_("Cancel selected bookings"), permissions=["cancel"])
def cancel(
    booking_admin: admin.ModelAdmin, request: HttpRequest, chosen: QuerySet[Booking]
) -> None:
    now = timezone.now()
    count = sum(cancel_booking(booking=booking, now=now) for booking in chosen)
    text = ngettext("%(count)d booking was cancelled.", "%(count)d bookings were cancelled.", count)
    booking_admin.message_user(request, text % {"count": count}, messages.SUCCESS)


@admin.register(Booking)
class BookingAdmin(KeepsSecrets, admin.ModelAdmin):
    """To look, and to cancel. Bookings are made on the booking page, and are never deleted.

    Its tokens and its nonce are neither shown nor searched.
    """

    # The button would lead to the address, and so to the token.
    view_on_site = False
    actions = [cancel]
    date_hierarchy = "starts_at"
    fields = [
        "calendar",
        "owner",
        "one_time_link",
        ("starts_at", "ends_at"),
        ("blocked_from", "blocked_until"),
        ("client_name", "client_email"),
        ("client_time_zone", "client_language"),
        "answers",
        "uid",
        ("created_at", "cancelled_at"),
    ]
    list_display = ["client_name", "client_email", "calendar", "owner", "starts_at", "cancelled_at"]
    list_filter = [
        ("cancelled_at", admin.EmptyFieldListFilter),
        ("one_time_link", admin.EmptyFieldListFilter),
        "starts_at",
    ]
    list_select_related = ["calendar", "owner"]
    search_fields = ["client_name", "client_email", "calendar__name", "owner__email"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("booking.change_booking")
