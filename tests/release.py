"""`make release-check`: prints what is wrong for a release, and fails if there is anything."""

import re
import sys
import tomllib
from collections.abc import Iterator
from typing import Any

from tests.run import ROOT
from tests.support.world.translations import count_missing

# A heading of CHANGELOG.md, such as: ## 0.2.0 - 2026-11-30
RELEASE = re.compile(r"^## (\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d$", re.MULTILINE)


def main() -> int:
    faults = list(find_faults())
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return int(bool(faults))


def find_faults() -> Iterator[str]:
    yield from translation_faults(count_missing())
    yield from version_faults(project()["version"], (ROOT / "CHANGELOG.md").read_text())


def translation_faults(missing: dict[str, int]) -> Iterator[str]:
    if missing:
        counts = ", ".join(f"{language} {count}" for language, count in missing.items())
        yield f"Translations are missing, and shown in English: {counts}."


def version_faults(version: str, changelog: str) -> Iterator[str]:
    """Yield what is wrong if the version is not that of the newest release in the changelog."""
    releases = RELEASE.findall(changelog)
    if releases[:1] != [version]:
        newest = releases[0] if releases else "none"
        yield f"pyproject.toml says {version}, and the newest release in CHANGELOG.md is {newest}."


def project() -> dict[str, Any]:
    """Return what pyproject.toml says of the project."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)["project"]
    return table


if __name__ == "__main__":
    sys.exit(main())
