"""An email's content as one structure, and its plain text. A template makes the HTML. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import category, east_asian_width

WIDTH = 72
LABEL_WIDTH = 16
# Unicode categories of the characters that take no column of their own, of those that must not
# begin a line, and of those that must not end one. A joiner (Cf) may do neither, because it holds
# an emoji together on both sides.
WITHOUT_WIDTH = {"Mn", "Me", "Cf"}
NEVER_FIRST = WITHOUT_WIDTH | {"Pe", "Pf", "Po", "Lm", "Sk"}
NEVER_LAST = {"Ps", "Pi", "Cf"}
# A web or email address with the punctuation around it. Only East Asian punctuation ends it,
# because it may hold letters of any script.
ADDRESS = re.compile(r"([「『（【]*[!-~]+(?:://|@)[^、。，！？」』）】]*[、。，！？」』）】]*)")


@dataclass(frozen=True)
class Fact:
    """One fact of a booking: a label, and a text of one or more lines.

    `has_links` means that addresses in the text become links: never in what a client wrote.
    """

    label: str
    text: str
    url: str = ""
    is_main: bool = False
    is_past: bool = False
    has_links: bool = False


@dataclass(frozen=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True)
class Content:
    """Everything that a reader sees, in the order of the email."""

    subject: str
    colour: str
    warning: str
    title: str
    heading: str
    lead: str
    message: Fact | None
    facts: Sequence[Fact]
    personal_line: str
    action: Link
    notes: Sequence[str]
    settings: Link | None


def to_text(content: Content) -> str:
    """Return the text for a terminal, in at most 72 columns unless a word or address is longer.

    A Chinese or Japanese character takes two columns, and a line may end after most of them.
    """
    return "\n\n".join(filter(None, _paragraphs(content))) + "\n"


def _paragraphs(content: Content) -> Iterator[str]:
    yield _wrapped(content.warning)
    yield _wrapped(content.title) + "\n" + _wrapped(content.heading)
    yield _wrapped(content.lead)
    if content.message:
        yield _wrapped(f"{content.message.label}:") + "\n" + _wrapped(content.message.text, "  ")
    yield "\n".join(_columns(content.facts))
    yield _wrapped(content.personal_line)
    yield f"{_wrapped(content.action.label)}:\n{content.action.url}"
    yield "\n".join(map(_wrapped, content.notes))
    if content.settings:
        yield f"{_wrapped(content.settings.label)}:\n{content.settings.url}"


def _columns(facts: Sequence[Fact]) -> Iterator[str]:
    """Yield the facts with labels at the left and texts at the right.

    A text stands below its label if that is too long.
    """
    widths = [columns_of(fact.label) for fact in facts]
    indent = " " * (max((each for each in widths if each <= LABEL_WIDTH), default=0) + 2)
    for fact, width in zip(facts, widths, strict=True):
        text = "\n".join(filter(None, [fact.text, fact.url]))
        if width > LABEL_WIDTH:
            yield _wrapped(fact.label)
            yield _wrapped(text, indent)
        else:
            yield fact.label + _wrapped(text, indent).removeprefix(" " * width)


def columns_of(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    widths = {"W": 2, "F": 2}
    visible = (char for char in text if category(char) not in WITHOUT_WIDTH)
    return sum(widths.get(east_asian_width(char), 1) for char in visible)


def _wrapped(text: str, indent: str = "") -> str:
    width = WIDTH - len(indent)
    lines = (line for each in text.splitlines() for line in _lines(each, width))
    return "\n".join(indent + line if line else "" for line in lines)


def _lines(text: str, width: int) -> Iterator[str]:
    line, columns = "", 0
    for gap, piece in _pieces(text):
        added = gap + piece
        if line and columns + columns_of(added) > width:
            yield line
            line, columns, added = "", 0, piece
        line, columns = line + added, columns + columns_of(added)
    yield line


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield the pieces after which a line may end, each preceded by the space before it."""
    gap = ""
    for word in text.split():
        for piece in _pieces_of(word):
            yield gap, piece
            gap = ""
        gap = " "


def _pieces_of(word: str) -> Iterator[str]:
    for index, part in enumerate(ADDRESS.split(word)):
        if index % 2:
            # An address stays in one piece: a reader cannot open one with a line break in it.
            yield part
        elif part:
            yield from _parted(part)


def _parted(text: str) -> Iterator[str]:
    start = 0
    for end, (before, after) in enumerate(pairwise(text), start=1):
        if _may_part(before, after):
            yield text[start:end]
            start = end
    yield text[start:]


def _may_part(before: str, after: str) -> bool:
    if category(before) in NEVER_LAST or category(after) in NEVER_FIRST:
        return False
    return any(east_asian_width(char) in "WF" for char in (before, after))
