"""A translation fits its original, and the code shows no text but messages.

A missing translation fails no test here, as people then read English. `make test` counts missing
ones, and `make release-check` refuses them.
"""

from collections import Counter
from gettext import c2py
from pathlib import Path
from typing import Any

import pytest
from babel.messages import Catalog
from babel.messages.catalog import Message
from django.conf import settings
from django.utils.translation import to_locale

from tests.support.world.messages import (
    bare_labels,
    bare_words,
    sentences_in_script,
    sources,
)
from tests.support.world.translations import (
    HOLES,
    LANGUAGES,
    key,
    messages_of,
    missing_in,
    read_catalogue,
    said,
    strings_of,
)

pytestmark = pytest.mark.once


@pytest.fixture(params=LANGUAGES)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    return read_catalogue(request.param)


def test_every_language_has_its_catalogue() -> None:
    languages = {to_locale(code) for code, _name in settings.LANGUAGES}
    assert languages - {"en"} == set(LANGUAGES)


def test_no_translation_is_stale(catalogue: Catalog) -> None:
    """Every translation is of a message in the code; `make messages` removes a stale one."""
    assert {key(message) for message in messages_of(catalogue)} - said() == set()


def test_holes_are_filled_alike(catalogue: Catalog) -> None:
    assert wrongly_filled(catalogue) == []


def wrongly_filled(catalogue: Catalog) -> list[Any]:
    """Return the messages whose translation has other placeholders than the original."""
    numbers_of_form = Counter(map(c2py(catalogue.plural_expr), range(200)))
    return [
        message.id
        for message in messages_of(catalogue)
        if not message.fuzzy
        for form, text in enumerate(strings_of(message))
        if text and not has_its_holes(text, message, numbers_of_form[form])
    ]


def has_its_holes(text: str, message: Message, numbers: int) -> bool:
    """Return whether the text has the placeholders of its original.

    A form for a single number may say the number in a word, and a form for 0 and 1 may have those
    of the singular. A placeholder without a name is always needed.
    """
    _context, singular, plural = key(message)
    wanted, found = holes_in(plural or singular), holes_in(text)
    if plural and numbers == 1:
        return found <= wanted and found["%d"] == wanted["%d"]
    return found == wanted or (numbers == 2 and found == holes_in(singular))


def holes_in(text: str) -> Counter[str]:
    return Counter(HOLES.findall(text))


def test_plurals_are_those_of_the_language(catalogue: Catalog) -> None:
    """Plural forms follow the CLDR, except its one for millions, which nothing here counts."""
    category, form = catalogue.locale.plural_form, c2py(catalogue.plural_expr)
    pairs = {(category(number), form(number)) for number in range(200)}
    assert len(pairs) == len({each for each, _ in pairs}) == len({each for _, each in pairs})
    counted = [message for message in messages_of(catalogue) if key(message)[2]]
    assert {len(strings_of(message)) for message in counted} == {catalogue.num_plurals}


def catalogue_with(**translations: str) -> Catalog:
    """Return a German catalogue that has only these translations."""
    catalogue = Catalog(locale="de")
    for text, translation in translations.items():
        catalogue.add(text, translation)
    return catalogue


@pytest.fixture
def three_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = {(None, text, None) for text in ("Day", "Hour", "New day")}
    monkeypatch.setattr("tests.support.world.translations.said", lambda: messages)


@pytest.mark.usefixtures("three_messages")
def test_missing_translations_are_counted() -> None:
    assert missing_in(catalogue_with(Day="Tag")) == {(None, "Hour", None), (None, "New day", None)}


@pytest.mark.usefixtures("three_messages")
def test_an_empty_translation_is_missing_and_so_is_a_guess_of_gettext() -> None:
    catalogue = catalogue_with(Day="Tag", Hour="")
    catalogue.add("New day", "Neuer Tag", flags=["fuzzy"])
    assert missing_in(catalogue) == {(None, "Hour", None), (None, "New day", None)}


@pytest.mark.usefixtures("three_messages")
def test_a_sentence_left_as_it_is_is_missing_but_one_word_may_be_the_same() -> None:
    catalogue = catalogue_with(Day="Day", Hour="Stunde")
    catalogue.add("New day", "New day")
    assert missing_in(catalogue) == {(None, "New day", None)}


def test_a_wrong_placeholder_is_found_and_a_missing_translation_is_none() -> None:
    catalogue = catalogue_with()
    catalogue.add("With %(name)s", "Mit %(nome)s")
    catalogue.add("By %(name)s", "")
    assert wrongly_filled(catalogue) == ["With %(name)s"]


# Text that is no message

# Only developers of Quantix see the style guide.
STYLE_GUIDE = "styleguide"
# These values of `Place` need no label.
FOR_MACHINES = {"section", "share"}


def mistakes(found: dict[Path, list[str]]) -> dict[str, list[str]]:
    return {path.name: words for path, words in found.items() if words and path.stem != STYLE_GUIDE}


def test_templates_say_nothing_but_messages() -> None:
    found = {path: bare_words(path.read_text()) for path in sources(".html", ".txt")}
    assert mistakes(found) == {}


def test_scripts_say_nothing_of_their_own() -> None:
    found = {path: sentences_in_script(path.read_text()) for path in sources(".js")}
    assert mistakes(found) == {}


def test_forms_and_models_say_nothing_but_messages() -> None:
    found = {
        path: [text for text in bare_labels(path.read_text()) if text not in FOR_MACHINES]
        for path in sources(".py")
    }
    assert mistakes(found) == {}


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>Hello {{ name }}</p>", ["Hello x "]),
        ('<a title="Back">{% translate "Back" %}</a>', ["Back"]),
        ('{% if a %}<input placeholder="City">{% endif %}', ["City"]),
        ("{% blocktranslate %}Hello{% endblocktranslate %} you", [" you"]),
        ("{% block title %}Bookings{% endblock %}", ["Bookings"]),
        ('<input type="submit" value="Send"><input value="on">', ["Send"]),
        (
            '<meta name="description" content="Book a time."><meta content="noindex">',
            ["Book a time."],
        ),
        ('{{ note|default:"none" }}{{ day|date:"Y-m-d" }}', ["none"]),
        ("{% if a %}{{ a|yesno:'Paused,On' }}{% endif %}", ["Paused,On"]),
        ('{% include "a.html" with label="New link" id="new-link" only %}', ["New link"]),
        ("{# Hello #}{% comment %}Hello{% endcomment %}<code>make run</code> · 3", []),
        ("{% block page_class %}page--form{% endblock %}<p class='hint'>Quantix</p>", []),
    ],
)
def test_bare_words_are_found(html: str, words: list[str]) -> None:
    assert bare_words(html) == words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('status.textContent = "Copied"', ["Copied"]),
        ("alert('Nothing was saved.') // Nothing", ["Nothing was saved."]),
        ('menu.append("größer")', ["größer"]),
        ('// "Copied"\nkey === "Tab" && form.requestSubmit("a b")', []),
    ],
)
def test_sentences_in_a_script_are_found(code: str, words: list[str]) -> None:
    assert sentences_in_script(code) == words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('CharField(label="Name")', ["Name"]),
        ('raise ValidationError(f"No {thing} there")', ["No   there"]),
        ('messages.success(request, "Saved.")', ["Saved."]),
        ('form.add_error("name", "Too long")', ["Too long"]),
        ('HttpResponse("Too long", status=413); HttpResponse(page)', ["Too long"]),
        ('class Place(models.TextChoices):\n SHARE = "share"\n ALL = "all", _("All")', ["share"]),
        ('class Show(models.TextChoices):\n ALL = "all", "All"', ["All"]),
        ('TextInput(attrs={"placeholder": "City", "class": "input"})', ["City"]),
        ('widget.attrs["aria-label"] = "City"; widget.attrs["dir"] = "auto"', ["City"]),
        ('def a(): return "No such day"\ndef b(): return "none"', ["No such day"]),
        ('CharField(label=_("Name")); log.info("Sent")', []),
    ],
)
def test_bare_labels_are_found(code: str, words: list[str]) -> None:
    assert bare_labels(code) == words
