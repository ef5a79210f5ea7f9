"""The name of a form, by which it is known when it is sent twice; see `calendars/once.py`."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from calendars.kit.tokens import make_token
from calendars.once import FORM_NAME

register = template.Library()


@register.simple_tag
def form_name(form: str = "") -> SafeString:
    """Return a hidden field with a new name for the form.

    `form` is the id of the form, if the field stands outside of it.
    """
    field = format_html('<input type="hidden" name="{}" value="{}"', FORM_NAME, make_token())
    owner = format_html(' form="{}"', form) if form else ""
    return format_html("{}{}>", field, owner)
