"""Hostile text, and a parser that shows what a browser makes of a page with it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SLOT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
AT = "2026-11-24T09:00Z"
ORIGIN = {"Origin": "http://testserver"}
QUESTION = {"label": "About", "kind": "text", "required": False}

# Each has at most 100 characters, the limit of a name.
INERT = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)></title></textarea><b>&lt;i",
    "attributes": "\" onfocus=alert(1) autofocus x='\"'><svg/onload=alert(1)> -->]]>",
    "templates": "{{ 7|add:7 }}{% debug %}{# x #} %(name)s %s {0} ${x} \\n \\, ;:",
    "four bytes": "𝕮𝖑𝖊𝖔 👩\u200d💻 🏴󠁧󠁢󠁥󠁮󠁧󠁿 \u200eA\u200f ﷽ Z̸̢a",
    "formula": '=HYPERLINK("evil","x")',
}
HIDDEN = {
    "NUL": "a\x00b",
    "escape": "a\x1b[2Jb",
    "vertical tab": "a\x0bb\x0b",
    "delete": "a\x7fb",
    "next line of C1": "a\x84b",
    "override": "a\u202eb",
    "isolate": "a\u2067b",
    "nothing to be seen": "\u200b\u3164",
}
LINES = {
    "line break": "a\nb",
    "carriage return": "a\rb",
    "line separator": "a\u2028b",
    "mail header": "a\r\nBcc: evil@example.com",
    "calendar property": "a\r\nATTENDEE:mailto:evil@example.com",
}
LONG = {"100,000 characters": "x" * 100_000}


@dataclass
class Tree(HTMLParser):
    """The elements of a page with the names of their attributes and, apart from them, its text."""

    elements: list[tuple[str, ...]] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    inputs: dict[str, dict[str, str]] = field(default_factory=dict)
    open_area: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def of(cls, response: Any) -> "Tree":
        tree = cls()
        tree.feed(response.content.decode())
        tree.close()
        return tree

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.elements.append((tag, *named))
        self.values.extend(named.values())
        if tag in {"input", "textarea"} and named.get("name"):
            self.inputs[named["name"]] = named
            self.open_area = named["name"] if tag == "textarea" else ""

    def handle_endtag(self, tag: str) -> None:
        self.elements.append((f"/{tag}",))
        self.open_area = ""

    def handle_data(self, data: str) -> None:
        self.values.append(data)
        if self.open_area:
            area = self.inputs[self.open_area]
            area["value"] = area.get("value", "") + data

    def shows(self, text: str) -> bool:
        return any(text in " ".join(value.split()) for value in self.values)
