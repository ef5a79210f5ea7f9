from django.urls import path

from onetime_links import request_views, views

app_name = "onetime_links"
urlpatterns = [
    path("calendars/<slug:slug>/one-time-links/", views.section, name="section"),
    # By key, never by token: the addresses of owners' pages are in logs and histories.
    path("calendars/<slug:slug>/one-time-links/<int:pk>/", views.edit, name="edit"),
    path(
        "calendars/<slug:slug>/one-time-links/<int:pk>/revocation/",
        views.revocation,
        name="revocation",
    ),
    path(
        "calendars/<slug:slug>/one-time-links/<int:pk>/restoration/",
        views.restoration,
        name="restoration",
    ),
    path(
        "calendars/<slug:slug>/one-time-links/requests/<int:pk>/answer/",
        request_views.request_answer,
        name="request_answer",
    ),
    path(
        "calendars/<slug:slug>/one-time-links/requests/<int:pk>/dismissal/",
        request_views.request_dismissal,
        name="request_dismissal",
    ),
    path("calendars/<slug:slug>/share/one-time-link/", views.share_tab, name="share_tab"),
]
