"""The container's entry point: prepares the database, then executes the given command."""

import os
import sys

import django

from quantix.prepare import (
    check_server_settings,
    demo_wanted,
    faults_in_words,
    fill_with_demo,
    is_empty,
    migrate,
)


def main(command: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quantix.settings")
    with faults_in_words():
        django.setup()
        check_server_settings()
        migrate()
        if demo_wanted() and is_empty():
            fill_with_demo()
    os.execvp(command[0], command)  # noqa: S606  it becomes process 1 and gets the signals


if __name__ == "__main__":
    main(sys.argv[1:])
