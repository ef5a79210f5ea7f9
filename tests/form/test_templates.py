"""The style of templates: short lines, one branch a line, and includes that name what they use."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.run import ROOT

pytestmark = pytest.mark.once

MOST_COLUMNS = 119
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
BRANCHES = {"if", "for", "with", "elif", "else", "empty", "endif", "endfor", "endwith"}
TAG = re.compile(r"{%\s*(\w+).*?%}")
TRANSLATED = re.compile(r"{% blocktranslate(.*?)%}(.*?){% endblocktranslate", re.DOTALL)
INCLUDE = re.compile(r"{% include (\S+)(.*?)%}")
# Template tags, variables and comments; inside a start tag of HTML they may stand anywhere.
MARKUP = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)


def without_start_tags(text: str) -> str:
    """Return the text with blanks for the template tags inside start tags of HTML."""
    kept, index, inside, quote = [], 0, False, ""
    while index < len(text):
        if found := MARKUP.match(text, index):
            kept.append(re.sub(r"[^\n]", " ", found[0]) if inside else found[0])
            index = found.end()
            continue
        character = text[index]
        if quote:
            quote = "" if character == quote else quote
        elif inside and character in "\"'":
            quote = character
        elif inside and character == ">":
            inside = False
        elif character == "<" and text[index + 1 : index + 2].isalpha():
            inside = True
        kept.append(character)
        index += 1
    return "".join(kept)


def crowded(text: str) -> Iterator[int]:
    """Yield the numbers of lines with a branch that is neither alone nor complete on its line."""
    for number, line in enumerate(without_start_tags(text).splitlines(), start=1):
        tags = [found[1] for found in TAG.finditer(line) if found[1] in BRANCHES]
        is_whole = len(tags) == 2 and tags[1] == f"end{tags[0]}"
        is_alone = len(tags) == 1 and re.fullmatch(r"\s*{%[^%]*%}\s*", line)
        if tags and not is_whole and not is_alone:
            yield number


def open_includes(text: str) -> list[str]:
    """Return the includes that get the page's whole context."""
    found = (include.groups() for include in INCLUDE.finditer(text))
    return [name for name, rest in found if not rest.endswith(" only ")]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_is_easy_to_read(path: Path) -> None:
    text = path.read_text()
    long = [n for n, line in enumerate(text.splitlines(), 1) if len(line) > MOST_COLUMNS]
    assert (long, list(crowded(text)), open_includes(text)) == ([], [], [])


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_indentation_counts_nowhere(path: Path) -> None:
    """Indentation is not shown: `quantix.templates.Loader` drops it."""
    text = path.read_text()
    assert not re.search(r"<(pre|textarea)\b[^>]*>(?:(?!</\1).)*\n", text, re.DOTALL)
    for options, body in TRANSLATED.findall(text):
        assert "\n" not in body or "trimmed" in options.split()


def includes_with_a_form() -> Iterator[tuple[str, str]]:
    """Yield each include with `only` of a partial that needs the token: where, and what it gets."""
    for path in TEMPLATES:
        for name, rest in INCLUDE.findall(path.read_text()):
            folder = path.parent if name.startswith('"./') else ROOT / "templates"
            partial = (folder / name.strip('"')).resolve()
            is_closed = rest.endswith(" only ") and partial in TEMPLATES
            if is_closed and "csrf_token" in partial.read_text():
                yield f"{path.name}: {name}", rest


def test_partials_with_a_form_get_its_token() -> None:
    """With `only`, a form without its token is shown as ever, and refused when it is sent."""
    found = dict(includes_with_a_form())
    assert found
    assert [include for include, given in found.items() if " csrf_token=" not in given] == []


def test_the_check_sees_what_it_is_for() -> None:
    assert list(crowded("{% if a %}b{% else %}c{% endif %}\n{% if a %}\n  b\n{% endif %}")) == [1]
    tag = '<p {% if a %}class="b"{% else %}id{% endif %}>'
    assert list(crowded(f"{{% if a %}}b{{% endif %}}\n{tag}")) == []
    assert list(crowded("<p>{% if a %}</p>")) == [1]
    includes = '{% include "a.html" only %}{% include "b.html" with c=c %}'
    assert open_includes(includes) == ['"b.html"']
