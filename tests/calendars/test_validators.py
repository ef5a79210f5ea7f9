import pytest
from django.core.exceptions import ValidationError

from calendars.validators import validate_plain_text


@pytest.mark.parametrize(
    "text",
    [
        "\u200b",  # a space without width
        "\u200d \u2060",
        "\ufeff",
        "\u00ad",
        "\u3164",  # a filler, which counts as a letter
        "\u2800",
        "a\u202eb",  # turns what follows around
        "a\nb",
        "a\x00",
    ],
)
def test_text_that_cannot_be_seen_or_forges_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        validate_plain_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",
        "👩\u200d💻",
        "\u200eabc\u200f",
        "-",
        "😀",
        # Whether a text may be empty is its field's business, and a long answer has empty lines.
        "",
        " ",
    ],
)
def test_text_that_people_write_is_taken(text: str) -> None:
    validate_plain_text(text)
