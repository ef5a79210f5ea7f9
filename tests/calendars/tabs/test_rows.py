import pytest

from calendars.tabs.rows import merge_rows

Rows = dict[int, str]


@pytest.mark.parametrize(
    ("typed", "now", "kept", "new", "clashes"),
    [
        # Nothing was changed elsewhere.
        ([(1, "a"), (2, "b")], {1: "a", 2: "b"}, {1: "a", 2: "b"}, [], []),
        ([(1, "x"), (2, "b")], {1: "a", 2: "b"}, {1: "x", 2: "b"}, [], []),
        ([(2, "b"), (None, "n")], {1: "a", 2: "b"}, {2: "b"}, ["n"], []),
        # What was not touched here is as it was made elsewhere.
        ([(1, "a"), (2, "x")], {1: "y", 2: "b"}, {1: "y", 2: "x"}, [], []),
        ([(1, "a"), (2, "b")], {2: "b"}, {2: "b"}, [], []),
        ([(1, "a"), (2, "b"), (None, "n")], {1: "a", 2: "b", 3: "m"}, {3: "m"}, ["n"], []),
        # Both did the same.
        ([(1, "x"), (2, "b")], {1: "x", 2: "b"}, {1: "x", 2: "b"}, [], []),
        ([(2, "b")], {2: "b"}, {2: "b"}, [], []),
        ([(1, "a"), (2, "b"), (None, "n")], {1: "a", 2: "b", 3: "n"}, {3: "n"}, [], []),
        # Both did something else.
        ([(1, "x"), (2, "b")], {1: "y", 2: "b"}, {1: "y"}, [], [1]),
        ([(1, "x"), (2, "b")], {2: "b"}, {2: "b"}, [], [1]),
        ([(2, "b")], {1: "y", 2: "b"}, {1: "y"}, [], [1]),
        # A row that was removed and typed again is the same row.
        ([(None, "a"), (2, "b")], {1: "a", 2: "b"}, {1: "a", 2: "b"}, [], []),
        ([(None, "a"), (2, "b")], {1: "y", 2: "b"}, {1: "y", 2: "b"}, [], []),
        # A key that was never shown is none.
        ([(1, "a"), (2, "b"), (9, "z")], {1: "a", 2: "b", 9: "q"}, {9: "q"}, ["z"], []),
    ],
)
def test_rows_are_merged(
    typed: list[tuple[int | None, str]], now: Rows, kept: Rows, new: list[str], clashes: list[int]
) -> None:
    merged = merge_rows({1: "a", 2: "b"}, typed, now)
    assert kept.items() <= merged.kept.items() <= {**now, **kept}.items()
    assert (merged.new, merged.clashes) == (new, clashes)
