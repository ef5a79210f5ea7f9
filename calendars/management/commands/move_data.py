from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calendars.backup.contents import BackupRefused
from calendars.backup.move import move_data


class Command(BaseCommand):
    help = (
        "Copies everything from the SQLite database in FILE into the empty PostgreSQL of"
        " DATABASE_URL, all of it or nothing. Stop Quantix first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        file = options["file"]
        try:
            count = move_data(file)
        except BackupRefused as error:
            raise CommandError(f"Nothing was moved. {error}") from error
        self.stdout.write(f"{count} rows were moved. {file} is left as it was.")
