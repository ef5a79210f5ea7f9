"""Turns the state of a page into the query of its address, and links to its other states."""

from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlencode


def query_of(state: Any) -> str:
    """Return the fields of a dataclass that differ from their defaults, as "?name=value" or ""."""
    parts = {field.name: getattr(state, field.name) for field in fields(state)}
    defaults = {field.name: field.default for field in fields(state)}
    said = {name: value for name, value in parts.items() if value != defaults[name]}
    return f"?{urlencode(said)}" if said else ""


@dataclass(frozen=True)
class FilterTab:
    """A filter above a list: the address it leads to, and how many rows it has, as text."""

    label: str
    count: str
    url: str
    is_chosen: bool
