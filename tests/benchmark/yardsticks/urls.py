from django.urls import path

from tests.benchmark.yardsticks import views

urlpatterns = [
    path("healthz", views.healthz),
    path("shelves/<int:shelf>/", views.page, name="page"),
    path("shelves/<int:shelf>/loans/", views.loans),
]
