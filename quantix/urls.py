from django.contrib import admin
from django.http import Http404
from django.urls import include, path, re_path
from django.views.defaults import page_not_found

from quantix import health

handler500 = "quantix.outage.server_error"
urlpatterns = [
    # First what clients ask for: each address is compared with all that stand before its own.
    path("", include("booking.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    # 404 in place of the admin's redirect from a record to its page, which would show staff tokens.
    re_path(r"^admin/r/", page_not_found, {"exception": Http404()}),
    path("admin/", admin.site.urls),
    path("", include("calendars.urls")),
    path("", include("onetime_links.urls")),
]
