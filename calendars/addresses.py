"""Addresses of calendars. A calendar keeps all of its addresses, also after it gets a new one."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.crypto import get_random_string
from django.utils.text import slugify

from calendars.errors import AddressTaken
from calendars.kit.validators import validate_address
from calendars.models import Calendar, CalendarAddress

MAX_BASE_LENGTH = 50
TRIES = 50


def claim_address(calendar: Calendar, slug: str) -> None:
    """Make `slug` one of the calendar's own addresses, or raise AddressTaken."""
    try:
        with transaction.atomic():
            CalendarAddress.objects.create(slug=slug, calendar=calendar)
    except IntegrityError:
        if not CalendarAddress.objects.filter(slug=slug, calendar=calendar).exists():
            raise AddressTaken from None


def suggest_address(text: str) -> str:
    """Return a free address made from `text`. Another request may still claim it first."""
    base = slugify(text)[:MAX_BASE_LENGTH].strip("-_").replace("_", "-") or "meeting"
    while "--" in base:
        base = base.replace("--", "-")
    candidates = [base, *(f"{base}-{number}" for number in range(2, TRIES))]
    taken = set(CalendarAddress.objects.filter(slug__in=candidates).values_list("slug", flat=True))
    for candidate in candidates:
        if candidate not in taken and not _is_reserved(candidate):
            return candidate
    return f"{base}-{get_random_string(6, 'abcdefghjkmnpqrstuvwxyz23456789')}"


def _is_reserved(slug: str) -> bool:
    try:
        validate_address(slug)
    except ValidationError:
        return True
    return False
