from collections.abc import Iterator
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calendars.kit.search.fields import SearchText
from calendars.kit.validators import (
    validate_language,
    validate_mailable,
    validate_plain_text,
    validate_zone,
)


class OwnerManager(BaseUserManager["Owner"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Owner":
        owner = self.model(email=normalise_email(email), **fields)
        owner.set_password(password)
        owner.save(using=self._db)
        return owner

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Owner":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "Owner":
        return self.get(email=normalise_email(email or ""))


# The language of an owner who has not chosen one: their emails are in English, and their pages in
# the language that the browser asks for.
LANGUAGE_NOT_CHOSEN = "en"


# The zone of an owner who has never chosen one. Their first calendar's zone takes its place.
TIME_ZONE_NOT_CHOSEN = "UTC"


MAX_FORGET_DAYS = 3650


class Owner(AbstractBaseUser, PermissionsMixin):
    """The user model: who keeps calendars. Signs in by email."""

    email = models.EmailField(
        _("email"),
        unique=True,
        # Django accepts control characters in a quoted local part, and bidi controls in the domain.
        validators=[validate_plain_text, validate_mailable],
        error_messages={"unique": _("There is already an account with this email.")},
    )
    # The address to which a link went, until it is opened there. The same as `email` for who signed
    # up and is to confirm it first; another one if `email` is to be changed; else empty.
    unconfirmed_email = models.EmailField(
        _("unconfirmed email"),
        blank=True,
        default="",
        help_text=_(
            "The owner is to open the link that was sent there. While it is their email, nothing is"
            " sent in their name. To confirm it for them, make this empty."
        ),
        validators=[validate_plain_text, validate_mailable],
    )
    display_name = models.CharField(
        _("display name"),
        max_length=100,
        help_text=_("Clients see it on your booking pages."),
        validators=[validate_plain_text],
    )
    search_text = SearchText("email", "display_name")
    language = models.CharField(
        _("language"), max_length=12, default=LANGUAGE_NOT_CHOSEN, validators=[validate_language]
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=TIME_ZONE_NOT_CHOSEN, validators=[validate_zone]
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("An inactive owner cannot sign in, and their calendars take no bookings."),
    )
    is_staff = models.BooleanField(
        _("staff"), default=False, help_text=_("May open the Django admin.")
    )
    # How often the owner was deactivated. Only the trigger of calendars/guards.py changes it.
    sessions_ended = models.PositiveIntegerField(default=0, editable=False)
    feed_token = models.CharField(
        _("feed token"), max_length=64, unique=True, null=True, blank=True, editable=False
    )
    # Days after a booking; None keeps clients.
    forget_after_days = models.PositiveSmallIntegerField(
        _("Forget clients"),
        null=True,
        blank=True,
        help_text=_(
            "Days after a booking until its client’s name, email, answers and messages are erased"
            " for good. Leave empty to keep them."
        ),
        validators=[MinValueValidator(1), MaxValueValidator(MAX_FORGET_DAYS)],
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects: ClassVar[OwnerManager] = OwnerManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        verbose_name = _("owner")
        verbose_name_plural = _("owners")
        constraints = [
            # An address in upper case and in lower case is the same account.
            models.CheckConstraint(condition=Q(email=Lower("email")), name="owner_email_lower"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.email

    @property
    def is_confirmed(self) -> bool:
        """Return whether the email is known to be the owner's, so that others may be written to."""
        return self.unconfirmed_email != self.email

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def get_session_auth_hash(self) -> str:
        """Return what a session must name to be the owner's."""
        return self._with_sessions_ended(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return map(self._with_sessions_ended, super().get_session_auth_fallback_hash())

    def _with_sessions_ended(self, secret: str) -> str:
        return f"{secret}.{self.sessions_ended}" if self.sessions_ended else secret

    def clean(self) -> None:
        self.email = normalise_email(self.email)
        self.unconfirmed_email = normalise_email(self.unconfirmed_email)


def normalise_email(email: str) -> str:
    return email.strip().lower()
