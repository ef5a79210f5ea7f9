"""Owners' accounts."""

from django.db import IntegrityError, transaction

from calendars.errors import EmailTaken
from calendars.models import LANGUAGE_NOT_CHOSEN, Owner, normalise_email


def create_owner(
    *, email: str, display_name: str, password: str, language: str = LANGUAGE_NOT_CHOSEN
) -> Owner:
    """Raises EmailTaken."""
    try:
        with transaction.atomic():
            return Owner.objects.create_user(
                email, password, display_name=display_name, language=language
            )
    except IntegrityError:
        raise EmailTaken from None


def change_profile(*, owner: Owner, email: str, display_name: str, language: str) -> Owner:
    """Raises EmailTaken."""
    owner.email = normalise_email(email)
    owner.display_name = display_name
    owner.language = language
    try:
        with transaction.atomic():
            owner.save(update_fields=["email", "display_name", "language"])
    except IntegrityError:
        raise EmailTaken from None
    return owner
