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


def align(drawn: Sequence[Value], now: Sequence[Value]) -> list[int]:
    """Return a key for each row of `now`, for rows that are stored without one.

    It is the index of the drawn row that says the same, else of the one that stood at its place;
    a row that was added since has a key that no drawn row has.
    """
    left = dict(enumerate(drawn))
    same: list[int | None] = []
    for value in now:
        key = next((key for key, was in left.items() if was == value), None)
        same.append(key)
        if key is not None:
            del left[key]
    keys: list[int] = []
    for place, key in enumerate(same):
        if key is None:
            at_its_place = keys[-1] + 1 if keys else 0
            is_changed = left.pop(at_its_place, None) is not None
            key = at_its_place if is_changed else len(drawn) + place
        keys.append(key)
    return keys


def order_rows(drawn: Sequence[Key], mine: Sequence[Key], now: Sequence[Key]) -> list[Key] | None:
    """Return the keys of `mine` and `now` in one order, or None if both were moved, otherwise."""
    shared = [key for key in drawn if key in mine and key in now]
    here, there = ([key for key in keys if key in shared] for keys in (mine, now))
    if here == shared:
        ordered, others = list(now), mine
    elif there in (shared, here):
        ordered, others = list(mine), now
    else:
        return None
    for place, key in enumerate(others):
        if key not in ordered:
            # It comes after the row that it was put after.
            ordered.insert(ordered.index(others[place - 1]) + 1 if place else 0, key)
    return ordered
