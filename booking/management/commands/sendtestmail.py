from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import sendtestemail

from calendars.outbox.mailbox import is_in_use
from calendars.outbox.replies import in_words


class Command(sendtestemail.Command):
    """Django's command `sendtestemail`, which then tells the result in words."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            super().handle(*args, **options)
        except OSError as error:
            raise CommandError(in_words(error)) from error
        if is_in_use():
            self.stdout.write(f"EMAIL_URL names no mail server: see {settings.EMAIL_FILE_PATH}.")
        else:
            self.stdout.write("The mail server has taken it.")
