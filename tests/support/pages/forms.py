"""What a browser sends for a form of a page, as long as nobody has typed anything."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

Fields = dict[str, list[str]]


def form_on(page: str, *, path: str, shown_at: str) -> Fields | None:
    """Return the fields of the form on the page that is sent to `path`, or None if there is none.

    `shown_at` is the path of the page, where a form without an action is sent.
    """
    reader = _Forms(shown_at)
    reader.feed(page)
    return next((fields for to, fields in reader.forms if to == path), None)


class _Forms(HTMLParser):
    """Reads each form that is sent by POST: the path it is sent to, and its fields."""

    def __init__(self, shown_at: str) -> None:
        super().__init__()
        self.shown_at = shown_at
        self.forms: list[tuple[str, Fields]] = []
        self.by_id: dict[str, Fields] = {}
        self.current: Fields = {}
        self.select = self.textarea = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._begin(said)
        elif tag == "select":
            self.select = said["name"]
        elif tag == "option" and "selected" in said:
            self._add(self.select, said["value"], said)
        elif tag == "textarea":
            self.textarea = said["name"]
            self._add(self.textarea, "", said)
        elif tag == "input" and "name" in said:
            is_box = said.get("type") in {"radio", "checkbox"}
            if not is_box or "checked" in said:
                self._add(said["name"], said.get("value", "on" if is_box else ""), said)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.current = {}
        elif tag == "textarea":
            self.textarea = ""

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.current[self.textarea][-1] += data.removeprefix("\n")

    def _begin(self, said: dict[str, str]) -> None:
        self.current = {}
        self.by_id[said.get("id", "")] = self.current
        if said.get("method") == "post":
            path = urlsplit(said.get("action", "")).path or self.shown_at
            self.forms.append((path, self.current))

    def _add(self, name: str, value: str, said: dict[str, str]) -> None:
        fields = self.by_id[said["form"]] if "form" in said else self.current
        fields.setdefault(name, []).append(value)
