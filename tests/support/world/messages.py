"""The messages that gettext finds in the code, and text for people that is no message."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.extract import extract, extract_python
from django.template.base import Lexer, TokenType
from django.utils.translation.template import templatize

from tests.run import ROOT
from tests.support.servers.installation import SOURCES

# (context, text, plural)
Message = tuple[str | None, str, str | None]

KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
READ_OUT = {"title", "aria-label", "aria-description", "placeholder", "alt", "data-copied"}
# Names that are the same in every language.
NAMES = {"Quantix", "Google", "Outlook", "iCalendar", "UTC"}
# The arguments by which Django is given text for people.
SHOWN = {"label", "help_text", "empty_label", "verbose_name", "verbose_name_plural", "description"}
COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)
# The words that a tag or a filter is given as they are, with the name of the argument.
GIVEN = re.compile(r"""(?:\|(\w+):|\b\w+=)(?:"([^"]*)"|'([^']*)')""")
STRING = re.compile(r""""([^"\n]*)"|'([^'\n]*)'|`([^`]*)`""")
LIKE_WORDS = re.compile(r"^[A-Z][a-z]+( |$)|[a-z] [a-z]+[.!?]|[^\W\d_a-zA-Z]")
NO_TEXT = re.compile(r"block \w+_(class|attributes)$")
KEYS = {"Tab", "Enter", "Escape", "Home", "End"}
HOLE = "x "  # stands for a variable: it is no word, but may stand in a tag


def sources(*suffixes: str) -> Iterator[Path]:
    for folder in SOURCES:
        for file in (ROOT / folder).rglob("*"):
            if file.suffix in suffixes and file.parent.name != "migrations":
                yield file


def messages_in_code() -> set[Message]:
    return {message for file in sources(".py", ".html", ".txt") for message in messages_in(file)}


def messages_in(file: Path) -> Iterator[Message]:
    code = file.read_text()
    if file.suffix != ".py":
        # Brackets make Python's reader ignore line breaks and indents.
        code = f"({templatize(code, origin=str(file))}\n)"
    python: Any = extract_python
    for _line, found, _comments, context in extract(python, BytesIO(code.encode()), KEYWORDS):
        text, plural = (found, None) if isinstance(found, str) else found
        yield context, text, plural


def bare_words(html: str) -> list[str]:
    """Return the text of a template that is shown or read out and is no message."""
    reader = Reader()
    reader.feed("".join(_outside_of_messages(html)))
    reader.close()
    texts = [text for text in reader.texts if says_something(text)]
    return [*texts, *_given_as_they_are(html)]


def _given_as_they_are(html: str) -> Iterator[str]:
    """Yield arguments of tags and filters that look like words: most are formats and names."""
    for token in Lexer(html).tokenize():
        if token.token_type in {TokenType.BLOCK, TokenType.VAR}:
            for name, *texts in GIVEN.findall(token.contents):
                text = "".join(texts)
                like_words = any(map(LIKE_WORDS.search, text.split(",")))
                if like_words or ("default" in name and says_something(text)):
                    yield text


def _outside_of_messages(html: str) -> Iterator[str]:
    inside = ""
    for token in Lexer(html).tokenize():
        name = token.contents.split(" ")[0] if token.token_type == TokenType.BLOCK else ""
        if name == f"end{inside}":
            inside = ""
        elif name in {"blocktranslate", "comment"} or NO_TEXT.match(token.contents):
            inside = name
        elif token.token_type == TokenType.VAR and not inside:
            yield HOLE
        elif token.token_type == TokenType.TEXT and not inside:
            yield token.contents


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.latest = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.latest = tag
        for name, value in attributes:
            # Most values are for machines; those of buttons (value) and previews (content) are not.
            shown = name in {"value", "content"} and LIKE_WORDS.search(value or "")
            if shown or name in READ_OUT:
                self.texts.append(value or "")

    def handle_data(self, data: str) -> None:
        if self.latest not in {"code", "script", "style"}:
            self.texts.append(data)


def says_something(text: str) -> bool:
    return not set(words_in(text)) <= NAMES


def words_in(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]{2,}", text)


def sentences_in_script(code: str) -> list[str]:
    """Return strings that look like words for people.

    They have a capital and a space, the end of a sentence, or a letter beyond ASCII.
    """
    strings = ("".join(groups) for groups in STRING.findall(COMMENT.sub("", code)))
    return [text for text in strings if LIKE_WORDS.search(text) and text not in KEYS]


def bare_labels(code: str) -> list[str]:
    """Return the strings that Python code shows to people untranslated."""
    shown = (each for node in ast.walk(ast.parse(code)) for each in _shown_by(node))
    return [text for each in shown for text in _literals(each) if says_something(text)]


def _shown_by(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Call():
            yield from _shown_by_call(node)
        case ast.ClassDef(bases=bases) if any("TextChoices" in ast.unparse(each) for each in bases):
            # A pair has its label last; Django makes the label of a value that stands alone.
            for each in node.body:
                if isinstance(each, ast.Assign):
                    pair = each.value
                    yield pair.elts[-1] if isinstance(pair, ast.Tuple) else pair
        case ast.Dict(keys, values):
            yield from (value for key, value in zip(keys, values, strict=True) if _read_out(key))
        case ast.Assign(targets=[ast.Subscript(slice=key)], value=value) if _read_out(key):
            yield value
        case ast.Return(ast.Constant(str() as text) as value) if LIKE_WORDS.search(text):
            yield value


def _shown_by_call(call: ast.Call) -> Iterator[ast.expr]:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    yield from (each.value for each in call.keywords if each.arg in SHOWN)
    if name in {"ValidationError", "add_error"} or "messages." in ast.unparse(call.func):
        yield from call.args[-1:]
    if name.startswith("HttpResponse"):
        yield from call.args[:1]


def _read_out(key: ast.expr | None) -> bool:
    return isinstance(key, ast.Constant) and key.value in READ_OUT


def _literals(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(str() as text):
            yield text
        case ast.JoinedStr(values):
            yield " ".join(str(each.value) for each in values if isinstance(each, ast.Constant))
