from datetime import datetime

from django import template
from django.utils import timezone

from booking.models import Mail
from calendars.models import Owner

register = template.Library()


@register.simple_tag
def emails_overdue_since(owner: Owner) -> datetime | None:
    """Since when the owner's longest overdue email waits: no worker runs, or no server answers."""
    overdue = Mail.objects.of(owner).overdue(at=timezone.now())
    return overdue.values_list("due_at", flat=True).first()
