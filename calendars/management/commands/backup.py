from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calendars.backup.acts import write_backup
from calendars.backup.contents import BackupRefused


class Command(BaseCommand):
    help = (
        "Writes the whole database into FILE, and checks what was written. Quantix may run"
        " meanwhile. FILE must not be there yet, and only you can read it."
    )
    # The command must work where a check fails.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            write_backup(options["file"])
        except BackupRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The database is in {options['file']}. Keep SECRET_KEY with it.")
