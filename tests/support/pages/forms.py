"""The forms of a page, as a browser without script would fill in and send them."""

from collections.abc import Container
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

# What is typed into an input of each kind. "other" is what a TextInput has no kind for.
TYPED = {
    "text": "Typed é",
    "search": "Typed é",
    "textarea": "Typed é\nand more",
    "email": "typed@example.com",
    "number": "7",
    "date": "2031-05-06",
    "time": "10:30",
    "datetime-local": "2031-05-06T10:30",
    "password": "secret to nobody",
}
Attributes = dict[str, str]
Fields = dict[str, list[str]]


@dataclass
class Field:
    name: str
    kind: str
    value: str
    is_on: bool = True
    choices: list[str] = field(default_factory=list)

    def type(self) -> None:
        """Fill the field in, with another value than it has."""
        if self.kind in TYPED:
            self.value = TYPED[self.kind]
        elif self.kind == "checkbox":
            self.is_on = not self.is_on
        elif self.kind == "select":
            self.value = next((each for each in self.choices if each != self.value), self.value)


@dataclass
class Form:
    action: str
    method: str
    id: str = ""
    fields: list[Field] = field(default_factory=list)

    def type(self, *, keep: Container[str] = ()) -> None:
        """Fill in all fields except `keep`; of radio buttons, press the last."""
        for each in self.fields:
            if each.name not in keep:
                each.type()
        last = {each.name: each for each in self.fields if each.kind == "radio"}
        for each in self.fields:
            if each.kind == "radio":
                each.is_on = each is last[each.name]

    def fill(self, **values: str) -> None:
        """Put these values into the fields of those names."""
        for each in self.fields:
            each.value = values.get(each.name, each.value)

    def drop(self, *names: str) -> None:
        self.fields = [each for each in self.fields if each.name not in names]

    @property
    def data(self) -> Fields:
        """Return what a browser sends."""
        sent: Fields = {}
        for each in self.fields:
            if each.is_on:
                sent.setdefault(each.name, []).append(each.value)
        return sent

    @property
    def visible(self) -> Fields:
        """Return what a browser sends of the fields that a person sees, passwords left out."""
        seen = {each.name for each in self.fields if each.kind not in {"hidden", "password"}}
        return {name: values for name, values in self.data.items() if name in seen}


def form_on(page: str, *, path: str, shown_at: str) -> Fields | None:
    """Return what the form on the page sends to `path`, or None if there is no such form.

    `shown_at` is the path of the page, where a form without an action is sent.
    """
    forms = _read(page, shown_at)
    return next((form.data for form in forms if urlsplit(form.action).path == path), None)


def forms_of(response: Any, address: str) -> list[Form]:
    """Return the forms of a page that are sent by POST."""
    return _read(response.content.decode(), address)


def _read(page: str, address: str) -> list[Form]:
    reader = _Reader(address)
    reader.feed(page)
    forms = [form for form in reader.forms if form.method == "post"]
    for form_id, each in reader.outside:
        next(form for form in forms if form.id == form_id).fields.append(each)
    return forms


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self.outside: list[tuple[str, Field]] = []
        self.form: Form | None = None
        self.now: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                action = urljoin(self.address, given.get("action", ""))
                self.form = Form(action, given.get("method", "get"), given.get("id", ""))
                self.forms.append(self.form)
            case "input":
                self._add(_input(given), given)
            case "textarea" | "select":
                self.now = Field(given.get("name", ""), tag, "")
                self._add(self.now, given)
            case "option":
                self._option(given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        if tag in {"textarea", "select"}:
            self.now = None

    def handle_data(self, data: str) -> None:
        if self.now and self.now.kind == "textarea":
            # A browser drops the first line break.
            self.now.value += data.removeprefix("\n")

    def _add(self, each: Field, given: Attributes) -> None:
        if not each.name:
            return
        if "form" in given:
            self.outside.append((given["form"], each))
        elif self.form:
            self.form.fields.append(each)

    def _option(self, given: Attributes) -> None:
        if self.now and self.now.kind == "select":
            if "selected" in given or not self.now.choices:
                self.now.value = given.get("value", "")
            self.now.choices.append(given.get("value", ""))


def _input(given: Attributes) -> Field:
    kind = given.get("type", "text")
    is_box = kind in {"checkbox", "radio"}
    value = given.get("value", "on" if is_box else "")
    is_on = "checked" in given if is_box else kind not in {"submit", "button"}
    return Field(given.get("name", ""), kind, value, is_on)
