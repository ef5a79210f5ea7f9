"""The folding of texts for a search, which is then the same on every database and in any locale.

It takes away what people do not type or do not see: upper case, accents, and different ways to
write the same letter. "Özil", composed or not, becomes "ozil", "Straße" "strasse", and all four
letters I of Turkish "i". Signs that make another letter of a Japanese or Indic one stay.
"""

from functools import lru_cache
from unicodedata import normalize

# Letters that NFKD does not decompose, and the apostrophes that phones write.
LETTERS = str.maketrans(
    {"æ": "ae", "đ": "d", "ı": "i", "ł": "l", "ø": "o", "œ": "oe", "‘": "'", "’": "'", "ʼ": "'"}
)
# The accents of Latin, Greek and Cyrillic letters.
FIRST_ACCENT, LAST_ACCENT = "\u0300", "\u036f"


def fold(text: str) -> str:
    """Return the text as searches compare it."""
    if text.isascii():
        return text.lower()
    return normalize("NFC", normalize("NFKC", text).translate(_SIGNS))


@lru_cache(maxsize=8192)
def _fold_sign(code: int) -> str:
    signs = normalize("NFKD", chr(code))
    bare = "".join(each for each in signs if not FIRST_ACCENT <= each <= LAST_ACCENT)
    return bare.casefold().translate(LETTERS)


class _Signs:
    """The table for `translate`, which is filled as signs occur."""

    def __getitem__(self, code: int) -> str:
        return _fold_sign(code)


_SIGNS = _Signs()
