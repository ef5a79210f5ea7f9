"""`make release-check` refuses what it is made for."""

import pytest

from tests.release import translation_faults, version_faults

pytestmark = pytest.mark.once


def test_missing_translations_are_refused_in_one_line() -> None:
    assert list(translation_faults({})) == []
    assert list(translation_faults({"de": 1, "pt_BR": 12})) == [
        "Translations are missing, and shown in English: de 1, pt_BR 12."
    ]


@pytest.mark.parametrize(
    ("changelog", "newest"),
    [
        ("## Unreleased\n\n## 0.3.0 - 2027-01-31\n\n## 0.2.0 - 2026-11-30\n", "0.3.0"),
        ("## Unreleased\n\n## 0.2.0\n", "none"),
    ],
)
def test_version_that_is_not_the_newest_release_is_refused(changelog: str, newest: str) -> None:
    assert list(version_faults("0.2.0", changelog)) == [
        f"pyproject.toml says 0.2.0, and the newest release in CHANGELOG.md is {newest}."
    ]


def test_version_of_the_newest_release_is_right() -> None:
    changelog = "## Unreleased\n\n### Fixed\n\n- A fault.\n\n## 0.2.0 - 2026-11-30\n"
    assert list(version_faults("0.2.0", changelog)) == []
