from typing import Any

from booking.management.commands import work


class Command(work.Command):
    help = "The former name of `work`, which goes with the next release."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stderr.write("send_mails is called work now, and this name goes: manage.py work")
        super().handle(*args, **options)
