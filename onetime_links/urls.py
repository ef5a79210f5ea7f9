from django.urls import URLPattern

app_name = "onetime_links"
urlpatterns: list[URLPattern] = []
