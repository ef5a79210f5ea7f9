import pytest
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from calendars.kit.validators import (
    to_ascii,
    validate_lines,
    validate_mailable,
    validate_plain_text,
)


@pytest.mark.parametrize(
    "text",
    [
        "\u200b",  # a space without width
        "\u200d \u2060",
        "\ufeff",
        "\u00ad",
        "\u3164",  # a filler, which counts as a letter
        "\u2800",
        "a\u202eb",  # reverses what follows
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
        # A field decides whether its text may be empty, and a long answer has empty lines.
        "",
        " ",
    ],
)
def test_text_that_people_write_is_taken(text: str) -> None:
    validate_plain_text(text)


@pytest.mark.parametrize("character", "\x0b\x0c\x1c\x1e\x85\u2028\u2029\r\x00\u202e")
def test_lines_end_at_line_breaks_alone(character: str) -> None:
    validate_lines("One\r\n\r\n \nTwo\nThree")
    with pytest.raises(ValidationError):
        validate_lines(f"One\nTwo{character}Three")


@pytest.mark.parametrize(
    "email",
    [
        "\u0131ris@example.com",  # a dotless i
        "me\u017f@example.com",  # a long s
        "\u212aurt@example.com",  # the Kelvin sign
        f"x@{'ü' * 60}.example",
        "x@example.com\uff0cy\uff20example.net",  # a second address once it is encoded
    ],
)
def test_email_that_no_header_can_hold_is_refused(email: str) -> None:
    validate_email(email)
    with pytest.raises(ValidationError):
        validate_mailable(email)


@pytest.mark.parametrize(
    ("email", "written"),
    [
        ("o'neil+tag@example.com", "o'neil+tag@example.com"),
        ("cleo@bücher.example", "cleo@xn--bcher-kva.example"),
        ("cleo@[::1]", "cleo@[::1]"),
        ("cleo@localhost", "cleo@localhost"),
    ],
)
def test_email_is_written_in_ascii(email: str, written: str) -> None:
    validate_mailable(email)
    assert to_ascii(email) == written
