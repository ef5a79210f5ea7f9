import re
import unicodedata
from collections.abc import Sized
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Field
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _

from calendars.kit.languages import find_customs
from calendars.kit.walltime import YEARS
from calendars.kit.zones import find_zone

# Django's message for an invalid choice, which its catalogues translate.
NO_CHOICE = Field.default_error_messages["invalid_choice"]

# These characters reverse the text after them, and so can forge a name.
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# Letters and symbols that show nothing: fillers of Hangul, and the blank of Braille.
BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800")

# What a domain may hold once it is encoded in ASCII. Some letters turn into a comma or an @ there,
# which would make one address into two.
ASCII_DOMAIN = re.compile(r"[A-Za-z0-9.:\[\]-]+")

# Words that a visitor would take for a part of Quantix, or that its own addresses may need one day.
RESERVED_ADDRESSES = frozenset(
    """
    admin api app book booking bookings calendar calendars embed healthz help l login logout
    manage me new quantix readyz settings share sign-in sign-up signup static support www
    """.split()  # noqa: SIM905  a list of one word a line would be longer than this module
)


def validate_address(slug: str) -> None:
    if slug in RESERVED_ADDRESSES:
        raise ValidationError(
            _("“%(slug)s” is reserved. Choose another address."), params={"slug": slug}
        )


def validate_zone(name: str) -> None:
    if find_zone(name) is None:
        raise ValidationError(_("There is no time zone “%(name)s”."), params={"name": name})


def validate_language(tag: str) -> None:
    if find_customs(tag) is None:
        raise ValidationError(NO_CHOICE, code="invalid_choice", params={"value": tag})


def validate_instant(instant: datetime) -> None:
    if instant.tzinfo is None or instant.year not in YEARS:
        raise ValidationError(_("This is not a time that can be booked."), code="instant")


def validate_count(things: Sized, *, most: int) -> None:
    if len(things) > most:
        raise ValidationError(_("At most %(limit_value)s."), params={"limit_value": most})


def validate_plain_text(text: str) -> None:
    """Refuse line breaks and control characters: they forge names, and break headers and .ics.

    A text that shows nothing at all is refused too.
    """
    if any(
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text
    ) or any(character in BIDI_CONTROLS for character in text):
        raise ValidationError(_("Remove line breaks and invisible characters."))
    # Other invisible characters have their use within words, as in Persian and in emoji.
    if text.strip() and not any(_is_visible(character) for character in text):
        raise ValidationError(_("Type something that can be seen."))


def validate_lines(text: str) -> None:
    """Check every line as plain text; empty lines are allowed."""
    # `splitlines` also splits at control characters, and so would let them through.
    for line in filter(str.strip, text.replace("\r\n", "\n").split("\n")):
        try:
            validate_plain_text(line)
        except ValidationError:
            raise ValidationError(_("Remove invisible characters.")) from None


def validate_mailable(email: str) -> None:
    """Refuse addresses that no mail server takes, although Django does.

    These have letters that only look like ASCII, or domains that cannot be encoded. What is no
    address at all is left to Django's own validator, which says so.
    """
    try:
        validate_email(email)
    except ValidationError:
        return
    if not to_ascii(email):
        raise ValidationError(_("No email can be sent to this address. Check its spelling."))


def to_ascii(email: str) -> str:
    """Return the address with its domain in Punycode, as mail servers need it, or "" if none."""
    local, at, domain = email.rpartition("@")
    try:
        domain = punycode(domain)
    except UnicodeError:
        return ""
    return f"{local}{at}{domain}" if local.isascii() and ASCII_DOMAIN.fullmatch(domain) else ""


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZ" and character not in BLANKS
