from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from calendars.kit.catalogues import compile_catalogues


class Command(BaseCommand):
    """Takes the place of Django's command, which needs the programs of gettext."""

    help = "Compiles the translations in locale/ that have changed."
    # One of the checks warns of what this command mends.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in settings.LOCALE_PATHS:
            compile_catalogues(Path(folder))
