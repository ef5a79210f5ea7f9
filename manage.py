#!/usr/bin/env python
import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quantix.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018  loads the settings
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Quantix cannot start: {error}")


if __name__ == "__main__":
    main()
