"""Dates in words, and the choice of languages, for templates."""

from datetime import date, datetime
from functools import lru_cache
from html import escape

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from calendars.kit.datetext import (
    Skeleton,
    date_text,
    days_into_week,
    hour_text,
    keep_together,
    time_text,
)

register = template.Library()
register.filter("keep_together", keep_together, is_safe=True)


@register.filter
def words(day: date, skeleton: Skeleton) -> str:
    """Return a date in words, as in `{{ day|words:"MMMEd" }}`; see `date_text`."""
    return date_text(day, skeleton)


@register.filter
def clock(local: datetime) -> str:
    return time_text(local)


@register.filter
def full_hour(hour: int) -> str:
    return hour_text(hour)


@register.filter
def offset_in_week(day: date) -> int:
    return days_into_week(day)


@register.filter
def bdi(name: str) -> SafeString:
    """Isolate a name within a sentence, so that neither changes the other's text direction."""
    return format_html("<bdi>{}</bdi>", name)


@register.simple_tag(takes_context=True)
def language_switch(context: template.Context) -> SafeString | str:
    """Return a menu of links to the same page in the other languages.

    It is empty in the response to a form, where a link would lose what was typed.
    """
    request: HttpRequest | None = context.get("request")
    if request is None or request.method != "GET":
        return ""
    state = request.GET.copy()
    state.pop("lang", None)
    return _language_switch(f"{state.urlencode(safe=':/')}&" if state else "", get_language())


@lru_cache(maxsize=64)
def _language_switch(kept: str, present: str) -> SafeString:
    names = dict(settings.LANGUAGES)
    links = (_language_link(escape(kept), code, name, present) for code, name in names.items())
    return format_html(
        '<details class="languages"><summary><span class="visually-hidden">{}: </span>{}</summary>'
        "<ul>{}</ul></details>",
        _("Language"),
        names.get(present, present),
        SafeString("".join(links)),
    )


def _language_link(kept: str, code: str, name: str, present: str) -> str:
    current = ' aria-current="true"' if code == present else ""
    return f'<li><a href="?{kept}lang={code}" lang="{code}"{current}>{name}</a></li>'
