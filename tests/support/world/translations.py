"""The translations in locale/, compared with the messages in the code."""

import re
from functools import cache

from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from tests.run import ROOT
from tests.support.world.messages import Message as Key
from tests.support.world.messages import messages_in_code, words_in

FILES = {path.parents[1].name: path for path in ROOT.glob("locale/*/LC_MESSAGES/django.po")}
LANGUAGES = sorted(FILES)
# Placeholders such as %(name)s, and tags such as <b>, which hold no words to translate.
HOLES = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|</?\w+>|%[sd]")


@cache
def said() -> set[Key]:
    return messages_in_code()


@cache
def read_catalogue(language: str) -> Catalog:
    with FILES[language].open("rb") as file:
        return read_po(file, locale=language)


def messages_of(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def key(message: Message) -> Key:
    ids = message.id
    return (message.context, ids, None) if isinstance(ids, str) else (message.context, *ids)


def strings_of(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def missing_in(catalogue: Catalog) -> set[Key]:
    """Return the messages in the code that people would read in English."""
    return said() - {key(message) for message in messages_of(catalogue) if is_translated(message)}


def is_translated(message: Message) -> bool:
    """Return whether people read this translation: they never read a fuzzy one."""
    texts = strings_of(message)
    return (
        not message.fuzzy and all(texts) and not any(is_as_it_was(text, message) for text in texts)
    )


def is_as_it_was(text: str, message: Message) -> bool:
    """Return whether the text is the original; a single word may be the same in two languages."""
    words = [word for word in HOLES.sub("", text).split() if words_in(word)]
    return text in key(message) and len(words) > 1


def count_missing() -> dict[str, int]:
    """Return the number of missing translations of each language that has any."""
    counts = {language: len(missing_in(read_catalogue(language))) for language in LANGUAGES}
    return {language: count for language, count in counts.items() if count}
