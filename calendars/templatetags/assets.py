"""Addresses of static files, cached: Django's own tag asks the app registry each time."""

from functools import cache

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage

register = template.Library()


@register.simple_tag
def asset(path: str) -> str:
    return _url(path)


@cache
def _url(path: str) -> str:
    return staticfiles_storage.url(path)
