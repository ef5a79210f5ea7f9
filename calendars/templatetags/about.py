"""Facts about this installation, for templates that only staff see."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def version() -> str:
    """Return the version of Quantix, such as 0.2.0."""
    return settings.VERSION
