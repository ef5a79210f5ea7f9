"""The state of a page as the query of its address."""

from dataclasses import fields
from typing import Any
from urllib.parse import urlencode


def query_of(state: Any) -> str:
    """What a dataclass says beyond its defaults, as the query of an address."""
    parts = {field.name: getattr(state, field.name) for field in fields(state)}
    defaults = {field.name: field.default for field in fields(state)}
    said = {name: value for name, value in parts.items() if value != defaults[name]}
    return f"?{urlencode(said)}" if said else ""
