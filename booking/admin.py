from contextlib import suppress

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from booking.acts.cancel import cancel_booking
from booking.acts.limits import ChangeRefused
from booking.models import Booking, Change, Mail, Party, TimeOff
from calendars.admin import ReadOnly, Sturdy
from calendars.outbox.leases import try_again


@admin.action(description=_("Cancel selected bookings"), permissions=["cancel"])
def cancel(
    booking_admin: admin.ModelAdmin, request: HttpRequest, chosen: QuerySet[Booking]
) -> None:
    now, count = timezone.now(), 0
    for booking in chosen:
        with suppress(ChangeRefused):
            cancel_booking(booking=booking, by=Party.OWNER, now=now)
            count += 1
    text = ngettext("%(count)d booking was cancelled.", "%(count)d bookings were cancelled.", count)
    booking_admin.message_user(request, text % {"count": count}, messages.SUCCESS)


@admin.register(Booking)
class BookingAdmin(Sturdy, admin.ModelAdmin):
    """The admin of bookings, which shows and cancels them. Bookings are never deleted.

    They are made on the booking page. Their tokens and nonces are neither shown nor searched.
    """

    # A button "View on site" would show the address of the booking, and so its token.
    view_on_site = False
    actions = [cancel]
    date_hierarchy = "starts_at"
    fields = [
        "calendar",
        "host",
        "one_time_link",
        ("starts_at", "ends_at"),
        ("blocked_from", "blocked_until"),
        ("client_name", "client_email"),
        ("client_time_zone", "client_language"),
        "answers",
        "uid",
        ("created_at", "made_by_owner"),
        ("cancelled_at", "no_show_at", "erased_at"),
    ]
    list_display = ["client_name", "client_email", "calendar", "host", "starts_at", "cancelled_at"]
    list_filter = [
        ("cancelled_at", admin.EmptyFieldListFilter),
        ("one_time_link", admin.EmptyFieldListFilter),
        "starts_at",
    ]
    list_select_related = ["calendar", "host"]
    search_fields = [
        "search_text__mentions",
        "calendar__search_text__mentions",
        "host__search_text__mentions",
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("booking.change_booking")


@admin.register(Change)
class ChangeAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["booking", "act", "by", "at"]
    list_filter = ["act", "by"]
    list_select_related = ["booking"]
    search_fields = ["booking__search_text__mentions"]


@admin.action(description=_("Send again"), permissions=["resend"])
def resend(mail_admin: admin.ModelAdmin, request: HttpRequest, chosen: QuerySet[Mail]) -> None:
    failed = Mail.objects.filter(pk__in=chosen.values("pk"))
    count = try_again(failed, now=timezone.now())
    text = ngettext("%(count)d email is sent again.", "%(count)d emails are sent again.", count)
    mail_admin.message_user(request, text % {"count": count}, messages.SUCCESS)


@admin.register(Mail)
class MailAdmin(ReadOnly, admin.ModelAdmin):
    """The admin of emails: those that wait, were sent, or could not be sent, and why."""

    actions = [resend]
    fields = [
        *("booking", "occasion", "recipient", "sequence", "starts_at", "ends_at", "due_at"),
        *("next_try_at", "tries", "error", "done_at", "failed_at", "dropped_at"),
    ]
    list_display = [
        *("booking", "occasion", "recipient", "due_at"),
        *("tries", "done_at", "failed_at", "error"),
    ]
    list_filter = [
        ("failed_at", admin.EmptyFieldListFilter),
        ("done_at", admin.EmptyFieldListFilter),
        "occasion",
        "recipient",
    ]
    list_select_related = ["booking"]
    search_fields = ["booking__search_text__mentions"]

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("booking.change_mail")


@admin.register(TimeOff)
class TimeOffAdmin(ReadOnly, admin.ModelAdmin):
    """The admin of time off, which owners enter on their own pages."""

    list_display = ["host", "starts_at", "ends_at", "note"]
    list_select_related = ["host"]
    search_fields = ["host__search_text__mentions", "search_text__mentions"]
