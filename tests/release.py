"""`make release-check`: what only a release needs. Prints each fault, and fails if there is one."""

import sys
from collections.abc import Iterator

from tests.support.world.translations import count_missing


def main() -> int:
    faults = list(find_faults())
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return int(bool(faults))


def find_faults() -> Iterator[str]:
    yield from translation_faults(count_missing())


def translation_faults(missing: dict[str, int]) -> Iterator[str]:
    if missing:
        counts = ", ".join(f"{language} {count}" for language, count in missing.items())
        yield f"Translations are missing, and shown in English: {counts}."


if __name__ == "__main__":
    sys.exit(main())
