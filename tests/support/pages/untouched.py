"""What a browser sends of a page's form that nobody has touched."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

Fields = dict[str, list[str]]
UNSENT = {"submit", "button", "image", "reset", "file"}


@dataclass
class FoundForm:
    """A form of a page. Its `inputs` are those that a person sees, buttons aside."""

    method: str = ""
    action: str = ""
    fields: Fields = field(default_factory=dict)
    inputs: set[str] = field(default_factory=set)


def untouched(response: Any, *, holding: str) -> Fields:
    """Return the fields of the page's form that has one named `holding`, without its buttons."""
    return next(form.fields for form in forms_of(response) if holding in form.fields)


def forms_of(response: Any) -> list[FoundForm]:
    reader = _FormReader()
    reader.feed(response.content.decode())
    return reader.forms


class _FormReader(HTMLParser):
    """Reads all forms of a page. A field outside of its form is taken for one of the last form."""

    def __init__(self) -> None:
        super().__init__()
        self.forms = [FoundForm()]
        self.select = self.textarea = ""
        self.text = self.first = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        name = facts.get("name", "")
        if tag == "form":
            self.forms.append(FoundForm(facts.get("method", ""), facts.get("action", "")))
        elif tag == "input" and name and "disabled" not in facts:
            self._read_input(name, facts)
        elif tag == "select":
            self.select, self.first = name, "multiple" if "multiple" in facts else ""
            self.forms[-1].inputs.add(name)
        elif tag == "option" and self.select:
            self._read_option(facts.get("value", ""), is_selected="selected" in facts)
        elif tag == "textarea" and name:
            self.textarea, self.text = name, ""
            self.forms[-1].inputs.add(name)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            if self.select not in self.forms[-1].fields and self.first != "multiple":
                self._send(self.select, self.first)
            self.select = ""
        elif tag == "textarea" and self.textarea:
            # A browser drops the first line break, and sends all of them as two characters.
            text = self.text.removeprefix("\r").removeprefix("\n")
            self._send(self.textarea, text.replace("\r\n", "\n").replace("\n", "\r\n"))
            self.textarea = ""

    def _read_input(self, name: str, facts: dict[str, str]) -> None:
        kind = facts.get("type", "text")
        if kind not in UNSENT | {"hidden"}:
            self.forms[-1].inputs.add(name)
        if kind in {"checkbox", "radio"}:
            if "checked" in facts:
                self._send(name, facts.get("value") or "on")
        elif kind not in UNSENT:
            self._send(name, facts.get("value", ""))

    def _read_option(self, value: str, *, is_selected: bool) -> None:
        if is_selected:
            self._send(self.select, value)
        self.first = self.first or value

    def _send(self, name: str, value: str) -> None:
        self.forms[-1].fields.setdefault(name, []).append(value)
