from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from calendars.backup.acts import restore_backup
from calendars.backup.contents import BackupRefused, lacks_migrations

GONE = (
    "Bookings made since the backup are gone, although their clients have a confirmation, and"
    " one-time links used since then are Active again."
)
HELD = (
    "What was due before now, such as emails, is held back, because it may have been sent since the"
    " backup: manage.py work --send-held sends it."
)
SIGNED_OUT = "Everybody is signed out, and passwords are those of the backup."
OLDER = "The backup is of an older version: run manage.py migrate before you start Quantix."


class Command(BaseCommand):
    help = (
        "Replaces the whole database by the backup in FILE, all of it or nothing. Stop the web"
        " server and all workers first."
    )
    # The command must work where a check fails.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        file = options["file"]
        try:
            kept = restore_backup(file, now=timezone.now())
        except BackupRefused as error:
            raise CommandError(f"Nothing was restored. {error}") from error
        self.stdout.write(f"The database is restored from {file}.")
        older = OLDER if lacks_migrations() else ""
        for line in filter(None, (kept, GONE, HELD, SIGNED_OUT, older)):
            self.stdout.write(line)
