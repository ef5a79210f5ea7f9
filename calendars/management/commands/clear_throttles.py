from typing import Any

from django.core.management.base import BaseCommand

from calendars.throttling.throttle import SECONDS_REMEMBERED, TALLIES


class Command(BaseCommand):
    help = "Forgets every count of every limit: whoever was refused may try again."

    def handle(self, *args: Any, **options: Any) -> None:
        TALLIES.reset()
        self.stdout.write(f"Cleared. Servers notice within {SECONDS_REMEMBERED} seconds.")
