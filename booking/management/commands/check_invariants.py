from typing import Any

from django.core.management.base import BaseCommand, CommandError

from booking.upkeep.invariants import examine
from calendars.kit.databases import database_in_words


class Command(BaseCommand):
    help = "Examines the whole database, and says what is wrong with it. For cron, and a restore."

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for sentence in examine():
            # Each sentence is written at once, because the next check may take a while.
            self.stderr.write(sentence)
            wrong += 1
        if wrong:
            raise CommandError(f"The database is not sound; see the {wrong} lines above.")
        if options["verbosity"]:
            self.stdout.write(f"The database is sound. It runs on {database_in_words()}.")
