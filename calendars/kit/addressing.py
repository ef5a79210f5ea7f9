"""The state of a page as the query of its address, and the ways to other states."""

from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlencode


def query_of(state: Any) -> str:
    """What a dataclass says beyond its defaults, as the query of an address."""
    parts = {field.name: getattr(state, field.name) for field in fields(state)}
    defaults = {field.name: field.default for field in fields(state)}
    said = {name: value for name, value in parts.items() if value != defaults[name]}
    return f"?{urlencode(said)}" if said else ""


@dataclass(frozen=True)
class FilterTab:
    """One of the filters above a list: where it leads, and how many rows are there."""

    label: str
    count: str
    url: str
    is_chosen: bool
