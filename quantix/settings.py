"""All settings. Those that an installation may want to change come from the environment.

The README's table lists every variable that is read here; a test compares the two.
"""

import logging
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from csp.constants import NONE, SELF

from quantix.environment import (
    database,
    folder,
    host_name,
    host_names,
    limit,
    mail_server,
    one_of,
    read_file,
    secret,
    sender,
    switch,
    web_origin,
    whole_number,
)

BASE_DIR = Path(__file__).resolve().parent.parent

read_file(BASE_DIR / ".env")

# The version, for staff and `manage.py about`; pages for strangers do not show it

VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]

# Settings of an installation

DEBUG = switch("DEBUG")
SECRET_KEY = secret("SECRET_KEY", least=32)
BASE_URL = web_origin("BASE_URL", "http://127.0.0.1:8000")
# The host without its port, because Django compares hosts without ports.
ALLOWED_HOSTS = [host_name(urlsplit(BASE_URL).hostname or ""), *host_names("ALLOWED_HOSTS")]
if not {"127.0.0.1", "localhost"}.isdisjoint(ALLOWED_HOSTS):
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]"]
DATA_DIR = folder("DATA_DIR", BASE_DIR / "data", base=BASE_DIR)
SIGN_UP_OPEN = switch("SIGN_UP_OPEN")
DEFAULT_FROM_EMAIL = sender("DEFAULT_FROM_EMAIL", "Quantix <quantix@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Database

default_database = database(
    "DATABASE_URL", f"sqlite:///{quote(str(DATA_DIR))}/quantix.sqlite3", base=BASE_DIR
)
DATABASES: dict[str, dict[str, Any]] = {"default": default_database}
match default_database["ENGINE"]:
    case "django.db.backends.postgresql":
        # A server that is gone must cost a client seconds, not minutes. A lock that is held for
        # longer than `lock_timeout` is a fault, and the client is told to try again. See also
        # quantix/patience.py.
        default_database["ENGINE"] = "quantix.postgresql"
        default_database["CONN_MAX_AGE"] = 60
        default_database["CONN_HEALTH_CHECKS"] = True
        # Behind PgBouncer the next statement may run in another session of the server, which does
        # not have the prepared statements and cursors of the first one.
        keeps_session = switch("PREPARE_STATEMENTS", "1")
        default_database["DISABLE_SERVER_SIDE_CURSORS"] = not keeps_session
        # Options in the address come last, and override ours.
        given = default_database.get("OPTIONS", {})
        options = "-c lock_timeout=4s -c max_parallel_workers_per_gather=0 -c jit=off"
        default_database["OPTIONS"] = {
            "connect_timeout": 4,
            # The queries of a client's page are planned once for each connection. That saves more
            # than half of the server's time for them.
            "server_side_binding": True,
            "prepare_threshold": 5 if keeps_session else None,
            **given,
            # Parallel workers would read all rows of a count that stops at a limit, and compiling
            # a query (JIT) takes longer than any query of a page runs.
            "options": f"{options} {given.get('options', '')}",
        }
    case "django.db.backends.sqlite3":
        # IMMEDIATE, because otherwise a transaction that reads and then writes fails at once with
        # "database is locked" if another one has written meanwhile, whatever the timeout is.
        # FULL, so that a booking that was confirmed to a client survives a power cut.
        # secure_delete: what was erased is gone from the file too, as with Debian's own SQLite.
        default_database["ENGINE"] = "quantix.sqlite"
        default_database["CONN_MAX_AGE"] = None  # for as long as the file stays in its place
        default_database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                "PRAGMA secure_delete=ON;"
            ),
        }

# Email: to a folder until a mail server is set

EMAIL_BACKEND = "calendars.outbox.mailbox.FolderBackend"
EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_TIMEOUT = 10
vars().update(mail_server("EMAIL_URL"))

# The application

INSTALLED_APPS = [
    "calendars",
    "onetime_links",
    "booking",
    "django_htmx",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "quantix.middleware.keep_secret",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "quantix.middleware.restrict",
    "calendars.kit.languages.speak",
    "quantix.middleware.limit_body",
    "quantix.middleware.limit_waiting",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "calendars.accounts.signed_out.ask_to_sign_in",
]
ROOT_URLCONF = "quantix.urls"
WSGI_APPLICATION = "quantix.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["quantix.templates.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            # It has a `csrf_token` of our own, which says on an owner's form whose it is.
            "builtins": ["calendars.templatetags.marks"],
        },
    }
]

AUTH_USER_MODEL = "calendars.Owner"
LOGIN_URL = "calendars:sign_in"
LOGIN_REDIRECT_URL = "calendars:settings"
LOGOUT_REDIRECT_URL = "calendars:sign_in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
# The languages by their own names. Each has a folder in locale/ (except English), and customs in
# calendars.kit.languages.
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("pt-br", "Português"),
    ("it", "Italiano"),
    ("nl", "Nederlands"),
    ("pl", "Polski"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
    ("ja", "日本語"),
    ("zh-hans", "简体中文"),
    ("hi", "हिन्दी"),
    ("ar", "العربية"),
]
LANGUAGE_COOKIE_NAME = "lang"
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Files that browsers and chats request at fixed addresses, such as /favicon.ico.
WHITENOISE_ROOT = BASE_DIR / "static" / "root"
STORAGES = {
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Security

HTTPS = BASE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "calendars.accounts.signed_out.refuse_form"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
# gunicorn speaks plain HTTP, so with https there is a proxy in front, which sets this header.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
TRUSTED_PROXY_HOPS = whole_number("TRUSTED_PROXY_HOPS", 1 if HTTPS else 0, at_least=0, at_most=100)
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
# HSTS applies to this host alone unless the installation widens it, because other sites may run on
# its subdomains. Django's checks that ask for a wider scope are silenced.
HSTS_SCOPE = one_of("HSTS_SCOPE", "host", "host", "subdomains", "preload")
SECURE_HSTS_INCLUDE_SUBDOMAINS = HSTS_SCOPE != "host"
SECURE_HSTS_PRELOAD = HSTS_SCOPE == "preload"
SILENCED_SYSTEM_CHECKS = [
    *([] if SECURE_HSTS_INCLUDE_SUBDOMAINS else ["security.W005"]),
    *([] if SECURE_HSTS_PRELOAD else ["security.W021"]),
]
# The referrer is the host without the path, because a path may hold a token and proxies log
# referrers. With "no-referrer", browsers would send "Origin: null" with a booking, and be refused.
SECURE_REFERRER_POLICY = "strict-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-src": [SELF],
        "img-src": [SELF, "data:"],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
# People never reach these limits in normal use. Offices, schools and mobile networks share one
# address, so the limits by address alone are wide.
LIMITS = {
    # Counted by account and address together, so that nobody can lock an owner out from elsewhere.
    "sign_ins": limit("LIMIT_SIGN_INS", "10 per 15 minutes; 50 per day"),
    "sign_ins_per_address": limit("LIMIT_SIGN_INS_PER_ADDRESS", "100 per 15 minutes"),
    "resets": limit("LIMIT_RESETS", "5 per hour"),
    "resets_per_address": limit("LIMIT_RESETS_PER_ADDRESS", "30 per hour"),
    "sign_ups_per_address": limit("LIMIT_SIGN_UPS_PER_ADDRESS", "30 per hour"),
    "bookings_per_address": limit("LIMIT_BOOKINGS_PER_ADDRESS", "100 per hour; 300 per day"),
    "bookings_per_link": limit("LIMIT_BOOKINGS_PER_LINK", "60 per hour"),
    "bookings_per_owner": limit("LIMIT_BOOKINGS_PER_OWNER", "100 per hour; 300 per day"),
    "confirmations_per_owner": limit("LIMIT_CONFIRMATIONS_PER_OWNER", "5 per hour; 20 per day"),
    "emails_per_recipient": limit("LIMIT_EMAILS_PER_RECIPIENT", "10 per hour; 30 per day"),
    "test_emails_per_owner": limit("LIMIT_TEST_EMAILS_PER_OWNER", "30 per hour"),
    "unknown_tokens_per_address": limit("LIMIT_UNKNOWN_TOKENS_PER_ADDRESS", "60 per 10 minutes"),
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# The admin's page of a calendar with twelve ranges on every day has some 700.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_HANDLERS: list[str] = []

# The formatter masks tokens: they are in paths, and Django's request logger writes paths.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "masking": {
            "()": "quantix.logs.MaskingFormatter",
            "inner": logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"),
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "masking"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}
