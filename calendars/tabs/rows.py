"""Merges the rows of a form with those that another tab has stored meanwhile. Pure.

A row is known by a key, and by what it said when the page was drawn.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass
class Merged(Generic[Key, Value]):
    """What shall be stored: rows that are there already by their keys, and new ones.

    `clashes` are the keys of rows that were changed here and otherwise elsewhere. They are in
    `kept` as they are stored, and not at all if they were removed.
    """

    kept: dict[Key, Value] = field(default_factory=dict)
    new: list[Value] = field(default_factory=list)
    clashes: list[Key] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.kept) + len(self.new)


def merge_rows(
    drawn: Mapping[Key, Value],
    typed: Sequence[tuple[Key | None, Value]],
    now: Mapping[Key, Value],
) -> Merged[Key, Value]:
    """Merge the `typed` rows of a page that was `drawn` so with those that are stored `now`.

    A drawn row that is not among the typed ones was removed.
    """
    mine = {key: value for key, value in typed if key is not None and key in drawn}
    merged = Merged[Key, Value](new=[value for key, value in typed if key not in mine])
    for key, was in drawn.items():
        # A row that was removed and typed again, as by “Copy to…”, is the same row.
        if key not in mine and was in merged.new:
            merged.new.remove(was)
            mine[key] = was
    for key, value in now.items():
        if key not in drawn:
            merged.kept[key] = value
            if value in merged.new:  # both tabs added it
                merged.new.remove(value)
    for key, was in drawn.items():
        _merge_row(merged, key, was, mine.get(key), now.get(key))
    return merged


def _merge_row(
    merged: Merged[Key, Value], key: Key, was: Value, mine: Value | None, stored: Value | None
) -> None:
    """Keep the row as it shall be; None stands for a row that was removed."""
    if mine in (was, stored):
        outcome = stored
    elif stored == was:
        outcome = mine
    else:
        outcome = stored
        merged.clashes.append(key)
    if outcome is not None:
        merged.kept[key] = outcome
