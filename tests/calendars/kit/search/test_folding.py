"""What a search takes for the same."""

import sys
from unicodedata import normalize

import pytest

from calendars.kit.search.folding import fold

# The small iota that Ancient Greek writes below a letter becomes a letter of its own in capitals.
IOTA_BELOW = "\u0345"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Cleo O'Hara <cleo@example.com>", "cleo o'hara <cleo@example.com>"),
        ("Özil GmbH", "ozil gmbh"),
        (normalize("NFD", "Özil GmbH"), "ozil gmbh"),
        ("STRASSE Straße STRAẞE", "strasse strasse strasse"),
        # Turkish has two letters I. Whoever types one of the four finds all of them.
        ("İI ıi", "ii ii"),
        ("Łódź, Đorđe, Smørrebrød, Æsop, Œuvre", "lodz, dorde, smorrebrod, aesop, oeuvre"),
        ("Nguyễn Thị", "nguyen thi"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("ЁЖИК", "ежик"),
        ("D’Arcy", "d'arcy"),
        ("ﬁnance Ｔｏｋｙｏ №\u00a05", "finance tokyo no 5"),
        # A sign that makes another letter is no accent.
        ("がか 이인 किक", "がか 이인 किक"),
        (normalize("NFD", "がか 이인"), "がか 이인"),
        ("ｶﾞ", "ガ"),
        ("100% a_b \\", "100% a_b \\"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_every_sign_folds_as_its_other_spellings_do() -> None:
    """A sign, its capital, its parts, and the result itself: all fold to the same."""
    signs = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    different = [
        sign
        for sign in signs
        if IOTA_BELOW not in normalize("NFD", sign)
        and {
            fold(each) for each in (sign.upper(), sign.lower(), normalize("NFD", sign), fold(sign))
        }
        != {fold(sign)}
    ]
    assert different == []
