"""Tests of addresses in texts: found in names, and kept from becoming links."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.utils.html import urlize

from calendars.webaddresses import (
    holds_web_address,
    mailable_name,
    unlinked,
    unlinked_email,
    validate_no_web_address,
)

pytestmark = pytest.mark.once

ADDRESSES = [
    *("https://evil.example/prize", "HTTP://EVIL.EXAMPLE", "hxxp://evil", "http://127.0.0.1/x"),
    *("www.evil.example", "WWW.1und1.de", "evil.com", "Evil.Com", "EVIL.IO", "bit.ly/3x", "t.co"),
    *("a.b.evil.co.uk", "me@evil.example", "mailto:me@evil", "sms:+4930", r"\\evil\share"),
    # Spelled with letters of other scripts, in wide letters, and with characters that show nothing.
    *("пример.рф", "xn--e1afmkfd.xn--p1ai", "evil。com", "evil．com", "ｗｗｗ．evil", "evil｡com"),
    *("ev\u00adil.c\u200bom", "evil.\u200bcom", "evil\u2060.com", "https\u200b://evil"),
    # After a title, which is no address by itself.
    *("Dr.Foo.com", "Prof.Evil.io"),
]
NAMES = [
    *("Cleo Client", "Jean-Luc O’Neil", "Dr.Müller", "St.John", "J.R.R. Tolkien", "J.P.Morgan"),
    *("Sammy Davis Jr.", "Dr. med. dent. Berg", "M.Sc.", "Ph.D.", "Dipl.-Ing.", "Acme Inc."),
    *("Berg e.V.", "Tic.Ltd.Şti.", "S.L.U.", "A/S Foo", "Re: Cleo", "Room 3.5", "wait…"),
    *("د.أحمد", "أ.د.محمد", "डॉ.शर्मा", "田中。", "Мария И.", "Іван С.Франко", "ليلى", "陳"),
]
# What programs look for, much wider than any of them: a word with a dot and a letter pair behind
# it, the beginning of an address, an address of numbers.
LINKABLE = re.compile(
    r"[^\s.][.．][\u00ad\u200b-\u200d\u2060]*[^\W\d_][\u00ad\u200b-\u200d\u2060]*[^\W\d_]"
    r"|\w:/|\bwww\.\S|mailto:\S|sms:\S|[A-Za-z][。｡][A-Za-z]|\d\.\d+\.\d+\.\d|\\\\",
    re.IGNORECASE,
)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("around", ["{}", "Cleo {} Client", "Free:{}!", "({})"])
def test_address_is_found_in_a_name_and_no_program_finds_it_in_a_text(
    address: str, around: str
) -> None:
    text = around.format(address)
    assert holds_web_address(text)
    assert mailable_name(text) == ""
    with pytest.raises(ValidationError):
        validate_no_web_address(text)
    written = unlinked(text)
    assert LINKABLE.findall(written) == []
    assert "<a" not in urlize(written)
    # Nothing is lost: only spaces are added.
    assert re.sub(r" ", "", written) == re.sub(r" ", "", text)


@pytest.mark.parametrize("name", NAMES)
def test_names_of_people_and_firms_are_no_addresses(name: str) -> None:
    validate_no_web_address(name)
    written = mailable_name(name)
    assert "".join(written.split()) == "".join(name.split())
    assert LINKABLE.findall(written) == []


@pytest.mark.parametrize(
    "text",
    [
        *("At 10:30 or 10.30 on 24.11.2026, z.B. in Room 3.5.", "Wait... no :-) (e.g. 5:1)"),
        *("電車が遅れています。すみません。", "1/2 and/or «x»: 3.14"),
    ],
)
def test_text_without_an_address_stays_as_it_is(text: str) -> None:
    assert unlinked(text) == text


def test_address_stays_readable() -> None:
    text = "See https://acme.example/brief.pdf\nor mail bob@acme.example"
    assert unlinked(text) == ("See https: //acme. example/brief. pdf\nor mail bob@acme. example")


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("first.last+tag@acme.example", "first.last+tag@acme.example"),
        ("www.evil.example/x@acme.example", "www. evil. example/x@acme. example"),
        ("evil.example/x@acme.example", "evil. example/x@acme. example"),
        ('"https://evil.example"@acme.example', '"https: //evil. example"@acme. example'),
    ],
)
def test_email_address_does_not_pass_for_a_page(email: str, shown: str) -> None:
    assert unlinked_email(email) == shown
