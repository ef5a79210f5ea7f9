import logging

import pytest

from quantix.logs import MaskTokens, mask_tokens

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("path", "masked"),
    [
        ("GET /l/kT4mZq8YwB2nRx6VsJ1pLc/ HTTP/1.1", "GET /l/…/ HTTP/1.1"),
        ("/l/kT4mZq8YwB2nRx6VsJ1pLc?tz=UTC", "/l/…?tz=UTC"),
        ("/l/kT4mZq8YwB2nRx6VsJ1pLc/bookings/", "/l/…/bookings/"),
        ("/manage/kT4mZq8YwB2nRx6VsJ1pLc/booking.ics", "/manage/…/booking.ics"),
        ("/book/discovery-call/", "/book/discovery-call/"),
    ],
)
def test_tokens_are_masked(path: str, masked: str) -> None:
    assert mask_tokens(path) == masked


def test_filter_masks_what_stands_in_arguments() -> None:
    record = logging.LogRecord(
        "a", 20, __file__, 1, "Gone: %s", ("/l/kT4mZq8YwB2nRx6VsJ1p/",), None
    )
    assert MaskTokens().filter(record)
    assert record.getMessage() == "Gone: /l/…/"
