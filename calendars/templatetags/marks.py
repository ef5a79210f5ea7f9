"""The tag `csrf_token` of all templates, in place of Django's own (see TEMPLATES)."""

from django import template
from django.http import HttpRequest
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from calendars.typed import MARK, mark_of

register = template.Library()


@register.simple_tag(takes_context=True)
def csrf_token(context: template.Context) -> SafeString:
    """Return Django's hidden input and, on an owner's page, the mark of its form.

    The mark is with the token so that no form of an owner can be without it.
    """
    token = mark_safe(CsrfTokenNode().render(context))  # noqa: S308  Django's own HTML
    request: HttpRequest | None = getattr(context, "request", None)
    mark = mark_of(request) if request else ""
    if not mark:
        return token
    return format_html('{}<input type="hidden" name="{}" value="{}">', token, MARK, mark)
