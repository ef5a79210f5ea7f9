"""The settings of an installation, as the tests see them.

They differ only in what is named here. A developer's `.env` and exported variables reach no test.
"""

import os
from unittest import mock

import environ

LIMITS_BY_NAME = (
    "LIMIT_SIGN_INS",
    "LIMIT_SIGN_INS_PER_ADDRESS",
    "LIMIT_RESETS",
    "LIMIT_RESETS_PER_ADDRESS",
    "LIMIT_SIGN_UPS_PER_ADDRESS",
    "LIMIT_BOOKINGS_PER_ADDRESS",
    "LIMIT_BOOKINGS_PER_LINK",
    "LIMIT_BOOKINGS_PER_OWNER",
    "LIMIT_CONFIRMATIONS_PER_OWNER",
    "LIMIT_EMAILS_PER_RECIPIENT",
    "LIMIT_TEST_EMAILS_PER_OWNER",
    "LIMIT_UNKNOWN_TOKENS_PER_ADDRESS",
)
DATABASE_URL = os.environ.get("TEST_DATABASE_URL", "sqlite:///quantix-tests.sqlite3")
ENVIRONMENT = {
    "SECRET_KEY": "only for tests, and so not a secret",
    "DATABASE_URL": DATABASE_URL,
    "DATA_DIR": "test-results/data",
    # All clients of a test come from one address, and do more than a person would.
    **dict.fromkeys(LIMITS_BY_NAME, "1000000 per day"),
}

with (
    mock.patch.object(environ.Env, "read_env"),
    mock.patch.dict(os.environ, ENVIRONMENT, clear=True),
):
    from quantix.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Files are served from where they are written, without `collectstatic`.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
