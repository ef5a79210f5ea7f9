import logging
import sys
from random import Random

import pytest

from calendars.kit.tokens import ALPHABET, TOKEN_LENGTH
from quantix.logs import MaskingFormatter, mask_tokens

pytestmark = pytest.mark.once

TOKEN = "kT4mZq8YwB2nRx6VsJ1pLc"


@pytest.mark.parametrize(
    ("path", "masked"),
    [
        (f"GET /l/{TOKEN}/ HTTP/1.1", "GET /l/…/ HTTP/1.1"),
        (f"/l/{TOKEN}?tz=UTC", "/l/…?tz=UTC"),
        (f"/l/{TOKEN}/bookings/", "/l/…/bookings/"),
        ("/l/short-and-wrong/", "/l/…/"),
        (f"'/l/{TOKEN}'", "'/l/…'"),
        (f"/manage/{TOKEN}/booking.ics", "/manage/…/booking.ics"),
        (f"/feed/{TOKEN}/bookings.ics", "/feed/…/bookings.ics"),
        (f"/book/call/embed/bookings/{TOKEN}/", "/book/call/embed/bookings/…/"),
        ("/password-reset/MQ/d2x4ab-0123456789abcdef/", "/password-reset/MQ/…/"),
        ("/password-reset/sent/", "/password-reset/sent/"),
        (f"/%6c/{TOKEN}/", "/%6c/…/"),
        (f"Key (token)=({TOKEN}) already exists.", "Key (token)=(…) already exists."),
        ("/book/discovery-call/", "/book/discovery-call/"),
        (
            "MultiValueDictKeyError in collectstaticcollectstatic",
            "MultiValueDictKeyError in collectstaticcollectstatic",
        ),
    ],
)
def test_tokens_are_masked(path: str, masked: str) -> None:
    assert mask_tokens(path) == masked


def test_tokens_are_masked_wherever_they_stand() -> None:
    # One token in 100,000 looks like CamelCase words, and is masked in addresses alone.
    chance = Random(2)
    tokens = ["".join(chance.choices(ALPHABET, k=TOKEN_LENGTH)) for _ in range(1000)]
    assert [token for token in tokens if token in mask_tokens(f"(1, {token}, null)")] == []


def test_no_text_takes_for_ever_to_mask() -> None:
    for text in ("a" * 100_000 + "_", "Aab" * 30_000, "a" * 100_000 + "1", "/l/" * 30_000):
        assert mask_tokens(f"{text} end").endswith(" end")


def formatted(message: str, *values: object) -> str:
    record = logging.LogRecord("a", 40, __file__, 1, message, values, sys.exc_info())
    return MaskingFormatter(logging.Formatter("%(levelname)s %(message)s")).format(record)


def test_formatter_masks_what_stands_in_arguments() -> None:
    assert formatted("Gone: %s", f"/l/{TOKEN}/").splitlines()[0] == "ERROR Gone: /l/…/"


def test_formatter_masks_a_traceback() -> None:
    try:
        raise ValueError(f"Failing row contains (7, {TOKEN}).")
    except ValueError:
        text = formatted("Internal Server Error")
    assert "ValueError: Failing row contains (7, …)." in text
    assert TOKEN not in text
