"""The translations are compiled when the server is started, or when the image is built."""

import gettext
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from calendars.apps import check_translations
from calendars.kit.catalogues import compile_catalogues
from tests.run import ROOT

pytestmark = pytest.mark.once


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A German catalogue of the test's own, not yet compiled."""
    path = tmp_path / "locale" / "de" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    shutil.copy(ROOT / "locale" / "de" / "LC_MESSAGES" / "django.po", path)
    return path


def said(catalogue: Path, message: str) -> str:
    with catalogue.with_suffix(".mo").open("rb") as file:
        return gettext.GNUTranslations(file).gettext(message)


def test_compiles_what_is_new_and_nothing_else(catalogue: Path) -> None:
    locale, compiled = catalogue.parents[2], catalogue.with_suffix(".mo")
    compile_catalogues(locale)
    assert said(catalogue, "Confirm booking") == "Termin buchen"
    before = compiled.stat()
    compile_catalogues(locale)
    assert compiled.stat() == before
    # An upgrade or an undo may bring a file that is older than the last one.
    catalogue.write_text(catalogue.read_text().replace("Termin buchen", "Zusagen"))
    os.utime(catalogue, (1_000_000_000, 1_000_000_000))
    compile_catalogues(locale)
    assert said(catalogue, "Confirm booking") == "Zusagen"
    assert {file.name for file in catalogue.parent.iterdir()} == {"django.mo", "django.po"}


@pytest.mark.parametrize("lacking", ['msgid "Confirm booking"\nmsgstr ""\n', ""])
def test_what_is_not_translated_is_said_in_english(catalogue: Path, lacking: str) -> None:
    entry = 'msgid "Confirm booking"\nmsgstr "Termin buchen"\n'
    text = catalogue.read_text()
    assert entry in text
    catalogue.write_text(text.replace(entry, lacking))
    compile_catalogues(catalogue.parents[2])
    assert said(catalogue, "Confirm booking") == "Confirm booking"


def test_a_guess_of_gettext_is_said_in_english(catalogue: Path) -> None:
    text = catalogue.read_text()
    entry = 'msgid "Confirm booking"\n'
    catalogue.write_text(text.replace(entry, f"#, fuzzy\n{entry}"))
    compile_catalogues(catalogue.parents[2])
    assert said(catalogue, "Confirm booking") == "Confirm booking"


def test_says_so_where_it_may_not_write(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_keywords: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("calendars.kit.catalogues.NamedTemporaryFile", refuse)
    with pytest.raises(ImproperlyConfigured, match=r"django\.mo cannot be written"):
        compile_catalogues(catalogue.parents[2])


def test_check_warns_until_the_catalogue_is_compiled(catalogue: Path, settings: Any) -> None:
    settings.LOCALE_PATHS = [catalogue.parents[2]]
    assert [warning.id for warning in check_translations()] == ["quantix.W001"]
    call_command("compilemessages")
    assert not list(check_translations())
    catalogue.touch()
    assert [warning.id for warning in check_translations()] == ["quantix.W001"]
