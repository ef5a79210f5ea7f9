from collections.abc import Iterator

from django.urls import URLPattern, path

import onetime_links.converters  # noqa: F401  registers "token"
from booking.client import ask_views, manage_views, page_views
from booking.delivery.mail import settings_views
from booking.owner import (
    booking_views,
    deletion_views,
    feed_views,
    list_views,
    mail_views,
    planner_views,
    time_off_views,
    time_views,
)
from booking.privacy import views as privacy_views
from booking.upkeep import styleguide

CLIENT_DATA = {
    "client_page": ("", privacy_views.client_page),
    "client_export": ("export/", privacy_views.client_export),
    "client_cancellations": ("cancellations/", privacy_views.client_cancellations),
    "client_erasure": ("erasure/", privacy_views.client_erasure),
}


def client_data(start: str, *, of_all: bool) -> Iterator[URLPattern]:
    """Yield the addresses for an owner, or those for staff, who see the calendars of all owners."""
    for name, (rest, view) in CLIENT_DATA.items():
        name = f"{name}_of_all" if of_all else name
        yield path(start + rest, view, {"of_all": of_all}, name=name)


app_name = "booking"
urlpatterns = [
    path("book/<slug:slug>/", page_views.public_page, name="public_page"),
    path("book/<slug:slug>/bookings/", page_views.public_bookings, name="public_bookings"),
    path("book/<slug:slug>/embed/", page_views.embed_page, name="embed_page"),
    path("book/<slug:slug>/embed/bookings/", page_views.embed_bookings, name="embed_bookings"),
    path(
        "book/<slug:slug>/embed/bookings/<token:token>/",
        manage_views.embed_booking,
        name="embed_booking",
    ),
    path("l/<token:token>/", page_views.one_time_page, name="one_time_page"),
    path("l/<token:token>/bookings/", page_views.one_time_bookings, name="one_time_bookings"),
    path("l/<token:token>/requests/", ask_views.one_time_requests, name="one_time_requests"),
    path("manage/<token:token>/", manage_views.manage, name="manage"),
    path("manage/<token:token>/booking.ics", manage_views.booking_ics, name="booking_ics"),
    path("manage/<token:token>/reschedule/", manage_views.reschedule, name="manage_reschedule"),
    path(
        "manage/<token:token>/cancellation/",
        manage_views.cancellation,
        name="manage_cancellation",
    ),
    path("bookings/", list_views.bookings, name="bookings"),
    path("bookings/export/", list_views.export, name="export"),
    path("bookings/new/", time_views.new_booking, name="new_booking"),
    path("bookings/<int:pk>/", booking_views.booking, name="booking"),
    path("bookings/<int:pk>/reschedule/", time_views.reschedule, name="reschedule"),
    path("bookings/<int:pk>/cancellation/", booking_views.cancellation, name="cancellation"),
    path("bookings/<int:pk>/no-show/", booking_views.no_show, name="no_show"),
    path("bookings/<int:pk>/no-show/undo/", booking_views.undo_no_show, name="undo_no_show"),
    path("bookings/<int:pk>/mail-tries/", mail_views.mail_tries, name="mail_tries"),
    path("bookings/<int:pk>/new-link/", booking_views.new_link, name="new_link"),
    path("bookings/week/", planner_views.week, name="week"),
    path("bookings/month/", planner_views.month, name="month"),
    path("bookings/time-off/", time_off_views.time_off, name="time_off"),
    path("bookings/time-off/new/", time_off_views.new_time_off, name="new_time_off"),
    path("bookings/time-off/<int:pk>/", time_off_views.edit_time_off, name="edit_time_off"),
    path(
        "bookings/time-off/<int:pk>/removal/",
        time_off_views.time_off_removal,
        name="time_off_removal",
    ),
    *client_data("bookings/client-data/", of_all=False),
    *client_data("staff/client-data/", of_all=True),
    path("bookings/feed/", feed_views.feed_settings, name="feed_settings"),
    path("bookings/feed/address/", feed_views.feed_address, name="feed_address"),
    path("bookings/feed/removal/", feed_views.feed_removal, name="feed_removal"),
    path("feed/<token:token>/bookings.ics", feed_views.feed, name="feed"),
    path(
        "calendars/<slug:slug>/notifications/",
        settings_views.notifications,
        name="notifications",
    ),
    path("calendars/<slug:slug>/delete/", deletion_views.calendar_deletion, name="delete_calendar"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("styleguide/<slug:part>/", styleguide.styleguide_client, name="styleguide_client"),
]
