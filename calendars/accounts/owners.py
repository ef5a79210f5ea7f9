"""Acts on owners' accounts. They raise ValidationError with the names of the fields."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, transaction

from calendars.errors import EmailTaken
from calendars.kit.cleaning import clean_values, set_values
from calendars.models import (
    LANGUAGE_NOT_CHOSEN,
    TIME_ZONE_NOT_CHOSEN,
    Owner,
    normalise_email,
)

MAX_PASSWORD_LENGTH = 4096


def create_owner(
    *,
    email: str,
    display_name: str,
    password: str,
    language: str = LANGUAGE_NOT_CHOSEN,
    time_zone: str = TIME_ZONE_NOT_CHOSEN,
) -> Owner:
    """Create an owner who can sign in. Raises EmailTaken."""
    facts = {
        "email": email,
        "display_name": display_name,
        "language": language,
        "time_zone": time_zone,
    }
    cleaned = clean_values(Owner, facts)
    _check_password(password, Owner(**cleaned))
    try:
        with transaction.atomic():
            return Owner.objects.create_user(password=password, **cleaned)
    except IntegrityError:
        raise EmailTaken from None


def change_profile(
    *,
    owner: Owner,
    email: str,
    display_name: str,
    language: str,
    time_zone: str,
    forget_after_days: int | None,
) -> Owner:
    """Change what an owner says of themselves, and when clients are forgotten. Raises EmailTaken.

    Clients are forgotten so many days after their booking, or never for None.
    """
    facts = {
        "email": email,
        "display_name": display_name,
        "language": language,
        "time_zone": time_zone,
        "forget_after_days": forget_after_days,
    }
    set_values(owner, facts)
    owner.email = normalise_email(owner.email)
    try:
        with transaction.atomic():
            owner.save(update_fields=facts)
    except IntegrityError:
        raise EmailTaken from None
    return owner


def _check_password(password: str, owner: Owner) -> None:
    try:
        MaxLengthValidator(MAX_PASSWORD_LENGTH)(password)
        validate_password(password, owner)
    except ValidationError as error:
        raise ValidationError({"password": error}) from None
