import platform
from collections.abc import Callable, Iterator
from typing import Any

import django
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor

from calendars.kit.databases import database_in_words

SMTP = "django.core.mail.backends.smtp.EmailBackend"


class Command(BaseCommand):
    help = "Tells what runs here, for a report of a fault: versions and kinds, and no secret."
    # The command must work where a check fails.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Quantix {settings.VERSION}")
        for name, value in facts():
            self.stdout.write(f"{name + ':':<12}{value}")


def facts() -> Iterator[tuple[str, str]]:
    yield "Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield "Django", django.get_version()
    yield "Database", in_words(database_in_words)
    yield "Migrations", in_words(migrations)
    yield "Emails", emails()
    yield "Address", settings.BASE_URL
    yield "Debug", "on" if settings.DEBUG else "off"


def in_words(ask: Callable[[], str]) -> str:
    """Return what the database answers, or that it does not, so that other facts are still told."""
    try:
        return ask()
    except (DatabaseError, InterfaceError):
        return f"unknown, as {connection.display_name} does not answer"


def migrations() -> str:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    return f"{missing} missing" if missing else "all applied"


def emails() -> str:
    if settings.EMAIL_BACKEND == SMTP:
        return "sent by a mail server"
    return f"kept in {settings.EMAIL_FILE_PATH}"
