"""Acts on owners' accounts. They raise ValidationError with the names of the fields."""

from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, transaction

from calendars.accounts.confirmation import ask_to_confirm
from calendars.errors import EmailTaken
from calendars.kit.cleaning import clean_values
from calendars.kit.search.renewal import renew
from calendars.locks import lock_hosts
from calendars.models import (
    LANGUAGE_NOT_CHOSEN,
    TIME_ZONE_NOT_CHOSEN,
    Owner,
    normalise_email,
)

MAX_PASSWORD_LENGTH = 4096


class Profile(TypedDict, total=False):
    email: str
    display_name: str
    language: str
    time_zone: str
    forget_after_days: int | None


def create_owner(
    *,
    email: str,
    display_name: str,
    password: str,
    language: str = LANGUAGE_NOT_CHOSEN,
    time_zone: str = TIME_ZONE_NOT_CHOSEN,
) -> Owner:
    """Create an owner who can sign in, and whose email is known to be theirs. Raises EmailTaken."""
    facts = {
        "email": email,
        "display_name": display_name,
        "language": language,
        "time_zone": time_zone,
    }
    return _create(facts, password=password, is_confirmed=True)


def sign_up_owner(
    *,
    email: str,
    display_name: str,
    password: str,
    language: str = LANGUAGE_NOT_CHOSEN,
    time_zone: str = TIME_ZONE_NOT_CHOSEN,
    now: datetime,
) -> Owner:
    """Create an owner who is to confirm their email, and send them a link. Raises EmailTaken."""
    facts = {
        "email": email,
        "display_name": display_name,
        "language": language,
        "time_zone": time_zone,
    }
    with transaction.atomic():
        owner = _create(facts, password=password, is_confirmed=False)
        ask_to_confirm(owner, now=now)
    return owner


def _create(facts: dict[str, Any], *, password: str, is_confirmed: bool) -> Owner:
    cleaned = clean_values(Owner, facts)
    check_new_password(password, Owner(**cleaned))
    if not is_confirmed:
        cleaned["unconfirmed_email"] = normalise_email(cleaned["email"])
    try:
        with transaction.atomic():
            return Owner.objects.create_user(password=password, **cleaned)
    except IntegrityError:
        raise EmailTaken from None


def change_profile(*, owner: Owner, now: datetime, **changes: Unpack[Profile]) -> Owner:
    """Change what is given of what an owner says of themselves, and when clients are forgotten.

    Clients are forgotten so many days after their booking, or never for None. Another email gets a
    link, and takes the place of the confirmed one when that is opened. Raises EmailTaken.
    """
    facts = clean_values(Owner, changes)
    wanted = normalise_email(facts.pop("email", ""))
    try:
        with transaction.atomic():
            [owner] = lock_hosts([owner.pk])
            for name, value in facts.items():
                setattr(owner, name, value)
            if wanted and wanted not in {owner.email, owner.unconfirmed_email}:
                _want_email(owner, wanted, now=now)
            owner.save(update_fields=[*facts, "email", "unconfirmed_email"])
            renew(owner, changed={*facts, "email"})
    except IntegrityError:
        raise EmailTaken from None
    return owner


def _want_email(owner: Owner, email: str, *, now: datetime) -> None:
    """Set the address that the owner is to confirm. One that was never confirmed is replaced."""
    if Owner.objects.filter(email=email).exists():
        raise EmailTaken
    if not owner.is_confirmed:
        owner.email = email
    owner.unconfirmed_email = email
    ask_to_confirm(owner, now=now)


def check_new_password(password: str, owner: Owner) -> None:
    """Raise ValidationError if the owner must not take this password."""
    try:
        MaxLengthValidator(MAX_PASSWORD_LENGTH)(password)
        validate_password(password, owner)
    except ValidationError as error:
        raise ValidationError({"password": error}) from None
