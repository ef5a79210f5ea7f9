"""Make the tables of the yardsticks and fill them."""

import os

import django
from django.core.management import call_command

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmark.yardsticks.settings"
    django.setup()

from tests.benchmark.yardsticks import ROWS, SHELVES, words_of
from tests.benchmark.yardsticks.models import Book, Shelf


def main() -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)
    shelves = Shelf.objects.bulk_create(Shelf() for _ in range(SHELVES))
    Book.objects.bulk_create(
        Book(shelf=shelf, **words_of(number)) for shelf in shelves for number in range(ROWS)
    )


if __name__ == "__main__":
    main()
