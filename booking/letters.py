"""An email's content as one structure, and its plain text. Its HTML is a template. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import TextWrapper

WIDTH = 72
LABEL_WIDTH = 16


@dataclass(frozen=True)
class Fact:
    """One thing to know: a label and what it is, in one or more lines."""

    label: str
    text: str
    url: str = ""
    is_main: bool = False
    is_past: bool = False


@dataclass(frozen=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True)
class Letter:
    """Everything that a reader sees, in its order."""

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


def to_text(letter: Letter) -> str:
    """For a terminal: at most 72 columns, but where a word or an address is longer."""
    return "\n\n".join(filter(None, _paragraphs(letter))) + "\n"


def _paragraphs(letter: Letter) -> Iterator[str]:
    yield _wrapped(letter.warning)
    yield _wrapped(letter.title) + "\n" + _wrapped(letter.heading)
    yield _wrapped(letter.lead)
    if letter.message:
        yield _wrapped(f"{letter.message.label}:") + "\n" + _wrapped(letter.message.text, "  ")
    yield "\n".join(_columns(letter.facts))
    yield _wrapped(letter.personal_line)
    yield f"{_wrapped(letter.action.label)}:\n{letter.action.url}"
    yield "\n".join(map(_wrapped, letter.notes))
    if letter.settings:
        yield f"{_wrapped(letter.settings.label)}:\n{letter.settings.url}"


def _columns(facts: Sequence[Fact]) -> Iterator[str]:
    """Labels at the left, what they are at the right; below one another where a label is long."""
    short = [len(fact.label) for fact in facts if len(fact.label) <= LABEL_WIDTH]
    indent = " " * (max(short, default=0) + 2)
    for fact in facts:
        text = "\n".join(filter(None, [fact.text, fact.url]))
        if len(fact.label) > LABEL_WIDTH:
            yield _wrapped(fact.label)
            yield _wrapped(text, indent)
        else:
            yield fact.label.ljust(len(indent)) + _wrapped(text, indent).lstrip()


def _wrapped(text: str, indent: str = "") -> str:
    wrapper = TextWrapper(
        width=WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        # An address that is broken cannot be opened.
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(wrapper.fill(line) for line in text.splitlines())
