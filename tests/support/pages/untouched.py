"""What a browser sends of a page's form that nobody has touched."""

from html.parser import HTMLParser
from typing import Any

Fields = dict[str, list[str]]
UNSENT = {"submit", "button", "image", "reset", "file"}


def untouched(response: Any, *, holding: str) -> Fields:
    """Return the fields of the page's form that has one named `holding`, without its buttons."""
    reader = FormReader()
    reader.feed(response.content.decode())
    return next(fields for fields in reader.forms if holding in fields)


class FormReader(HTMLParser):
    """Reads all forms of a page. A field outside of its form is taken for one of the last form."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Fields] = [{}]
        self.select = self.textarea = ""
        self.text = self.first = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        name, value = facts.get("name", ""), facts.get("value", "")
        if tag == "form":
            self.forms.append({})
        elif tag == "input" and name and "disabled" not in facts:
            kind = facts.get("type", "text")
            if kind in {"checkbox", "radio"}:
                if "checked" in facts:
                    self._send(name, value or "on")
            elif kind not in UNSENT:
                self._send(name, value)
        elif tag == "select":
            self.select, self.first = name, "multiple" if "multiple" in facts else ""
        elif tag == "option" and self.select:
            self._option(value, is_selected="selected" in facts)
        elif tag == "textarea":
            self.textarea, self.text = name, ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            if self.select not in self.forms[-1] and self.first != "multiple":
                self._send(self.select, self.first)
            self.select = ""
        elif tag == "textarea":
            # A browser drops the first line break, and sends all of them as two characters.
            text = self.text.removeprefix("\r").removeprefix("\n")
            self._send(self.textarea, text.replace("\r\n", "\n").replace("\n", "\r\n"))

    def _option(self, value: str, *, is_selected: bool) -> None:
        if is_selected:
            self._send(self.select, value)
        self.first = self.first or value

    def _send(self, name: str, value: str) -> None:
        self.forms[-1].setdefault(name, []).append(value)
