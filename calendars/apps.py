from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.utils.translation import gettext_lazy as _

from calendars.kit.catalogues import uncompiled


class CalendarsConfig(AppConfig):
    name = "calendars"
    verbose_name = _("Calendars")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(check_translations, Tags.translation)


def check_translations(**_options: Any) -> Iterable[CheckMessage]:
    """Warn of translations that people would be shown in English, or as they were before."""
    if any(path for folder in settings.LOCALE_PATHS for path in uncompiled(Path(folder))):
        yield Warning(
            "The translations in locale/ have changed since they were compiled.",
            hint="Run “manage.py compilemessages”, and restart the server.",
            id="quantix.W001",
        )
