"""Nothing that people read is left in English, or says something else than its original."""

import re
from collections import Counter
from functools import cache
from gettext import c2py
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation import to_locale

from tests.run import ROOT
from tests.support.world.messages import (
    bare_labels,
    bare_words,
    messages_in_code,
    sentences_in_script,
    sources,
    words_in,
)

pytestmark = pytest.mark.once

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]
# %(name)s and <b>, and an address that nobody may change.
HOLES = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|</?\w+>|%[sd]")


@pytest.fixture(params=LANGUAGES)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    return read_catalogue(to_locale(request.param))


@cache
def read_catalogue(name: str) -> Catalog:
    with (ROOT / "locale" / name / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=name)


@cache
def said() -> set[tuple[str | None, str, str | None]]:
    return messages_in_code()


def key(message: Message) -> tuple[str | None, str, str | None]:
    ids = message.id
    return (message.context, ids, None) if isinstance(ids, str) else (message.context, *ids)


def messages_of(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def test_catalogue_holds_what_the_code_says(catalogue: Catalog) -> None:
    """If not: `make messages`, and translate what is new."""
    assert {key(message) for message in messages_of(catalogue)} == said()


def test_everything_is_translated(catalogue: Catalog) -> None:
    """One that is fuzzy would be shown in English."""
    lacking = [
        message.id
        for message in messages_of(catalogue)
        if message.fuzzy or not all(strings_of(message))
    ]
    assert lacking == []


def test_no_sentence_is_left_as_it_is(catalogue: Catalog) -> None:
    """One word may be the same in two languages."""
    alike = {
        text
        for message in messages_of(catalogue)
        for text in strings_of(message)
        if text in key(message) and sum(map(bool, map(words_in, HOLES.sub("", text).split()))) > 1
    }
    assert alike == set()


def test_holes_are_filled_alike(catalogue: Catalog) -> None:
    numbers_of_form = Counter(map(c2py(catalogue.plural_expr), range(200)))
    wrong = [
        message.id
        for message in messages_of(catalogue)
        for form, text in enumerate(strings_of(message))
        if not has_its_holes(text, message, numbers_of_form[form])
    ]
    assert wrong == []


def has_its_holes(text: str, message: Message, numbers: int) -> bool:
    """A form for one number may say it in a word; one for 0 and 1 must be as the original.

    A hole without a name must be there in any case.
    """
    _context, singular, plural = key(message)
    wanted, found = holes_in(plural or singular), holes_in(text)
    if plural and numbers == 1:
        return found <= wanted and found["%d"] == wanted["%d"]
    return found == wanted or (numbers == 2 and found == holes_in(singular))


def holes_in(text: str) -> Counter[str]:
    return Counter(HOLES.findall(text))


def strings_of(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def test_plurals_are_those_of_the_language(catalogue: Catalog) -> None:
    """As the CLDR tells numbers apart; it has one more for millions, which nothing here counts."""
    category, form = catalogue.locale.plural_form, c2py(catalogue.plural_expr)
    pairs = {(category(number), form(number)) for number in range(200)}
    assert len(pairs) == len({each for each, _ in pairs}) == len({each for _, each in pairs})
    counted = [message for message in messages_of(catalogue) if key(message)[2]]
    assert {len(strings_of(message)) for message in counted} == {catalogue.num_plurals}


# Text that is no message

# Only who develops Quantix ever sees it.
STYLE_GUIDE = "styleguide"
# The values of `Place`, which need no label.
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
