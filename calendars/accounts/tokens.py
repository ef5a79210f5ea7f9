from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from calendars.models import Owner


class ResetTokens(PasswordResetTokenGenerator):
    """Django's tokens of links to a new password. They end with the sessions of their owner."""

    def _make_hash_value(self, user: AbstractBaseUser, timestamp: int) -> str:
        assert isinstance(user, Owner)
        return f"{super()._make_hash_value(user, timestamp)}{user.sessions_ended or ''}"


RESET_TOKENS = ResetTokens()
