"""`make release-check` refuses what it is for."""

import pytest

from tests.release import translation_faults

pytestmark = pytest.mark.once


def test_missing_translations_are_refused_in_one_line() -> None:
    assert list(translation_faults({})) == []
    assert list(translation_faults({"de": 1, "pt_BR": 12})) == [
        "Translations are missing, and shown in English: de 1, pt_BR 12."
    ]
