from datetime import datetime

from django import template
from django.utils import timezone

from booking.models import Mail
from calendars.models import Owner

register = template.Library()


@register.simple_tag
def emails_overdue_since(owner: Owner) -> datetime | None:
    """Return since when the owner's longest overdue email has waited; None if none is overdue.

    If one is, no worker runs or the mail server does not answer.
    """
    overdue = Mail.objects.of(owner).overdue(at=timezone.now())
    return overdue.values_list("due_at", flat=True).first()
