from django.urls import path

import onetime_links.converters  # noqa: F401  registers "token"
from booking import client_views, manage_views, owner_views

app_name = "booking"
urlpatterns = [
    path("book/<slug:slug>/", client_views.public_page, name="public_page"),
    path("book/<slug:slug>/bookings/", client_views.public_bookings, name="public_bookings"),
    path("book/<slug:slug>/embed/", client_views.embed_page, name="embed_page"),
    path("book/<slug:slug>/embed/bookings/", client_views.embed_bookings, name="embed_bookings"),
    path(
        "book/<slug:slug>/embed/bookings/<token:token>/",
        manage_views.embed_booking,
        name="embed_booking",
    ),
    path("l/<token:token>/", client_views.one_time_page, name="one_time_page"),
    path("l/<token:token>/bookings/", client_views.one_time_bookings, name="one_time_bookings"),
    path("manage/<token:token>/", manage_views.manage, name="manage"),
    path("manage/<token:token>/booking.ics", manage_views.booking_ics, name="booking_ics"),
    path("bookings/", owner_views.bookings, name="bookings"),
    path("bookings/<int:pk>/cancellation/", owner_views.cancellation, name="cancellation"),
    path("calendars/<slug:slug>/delete/", owner_views.calendar_deletion, name="delete_calendar"),
]
