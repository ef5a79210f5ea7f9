"""Web addresses in what strangers write: found, refused, and kept from becoming links.

Mail programs make a link of whatever looks like an address, with or without our own `<a>`. So a
text is written with a space at each place where it would become one: it stays readable, and no
program finds an address in it. Characters without width would not do, because some programs drop
them before they look.
"""

import re
from unicodedata import category, normalize

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

SCHEME = re.compile(r"://|\\\\|\bwww\.|\b(?:https?|ftp|file|mailto|tel|sms):", re.IGNORECASE)
# A dot between two words, of which the second may end a domain.
DOT = re.compile(r"([^\W_][\w-]*)[.。](?=([^\W\d_][\w-]+))")
# Endings of domains that are no ending of a name, however they are written.
ENDINGS = {"biz", "com", "info", "net", "org", "xyz"}
LONGEST_TITLE = 4

HIDDEN = "\u00ad\u200b-\u200f\u2060-\u2064\ufeff"
# The places after which a space goes: a scheme, a dot before what may be a domain's ending, a "www"
# before a digit, an address of numbers, and the two strokes of a Windows share.
BREAKS = re.compile(
    r":(?=//)|(?<=[^\W\d_]):(?=[\w/+?\\])"
    rf"|(?<=\S)[.．](?=[{HIDDEN}]*[^\W\d_](?:\w|[^\x00-\x7f]))"
    r"|(?<=[A-Za-z0-9])[。｡](?=[A-Za-z])"
    r"|(?<!\w)www\.(?=\S)"
    r"|(?<=\d)\.(?=\d+\.\d+\.\d)"
    r"|\\(?=\\)",
    re.IGNORECASE,
)
# What makes the part before the "@" more than a name: programs then take the whole for a page.
LIKE_A_PAGE = re.compile(r"[/:\\\"]|^www\.", re.IGNORECASE)


def holds_web_address(text: str) -> bool:
    """Return whether a program might take a part of `text` for an address.

    "Dr.Berg" and "J.P.Morgan" are names, although ".berg" could be the ending of a domain.
    """
    plain = "".join(each for each in normalize("NFKC", text) if category(each) != "Cf")
    if SCHEME.search(plain):
        return True
    return any(not _is_title(*found.groups()) for found in DOT.finditer(plain))


def validate_no_web_address(text: str) -> None:
    if holds_web_address(text):
        raise ValidationError(_("Leave web addresses out of the name."))


def unlinked(text: str) -> str:
    """Return the text with spaces that keep programs from making links of its addresses."""
    return BREAKS.sub(r"\g<0> ", text)


def unlinked_email(email: str) -> str:
    """Return an email address as text of which no program makes a link to a page."""
    local = email.rpartition("@")[0]
    return unlinked(email) if LIKE_A_PAGE.search(local) else email


def mailable_name(name: str) -> str:
    """Return a name as emails may show it; empty if it holds an address, as old names may."""
    return "" if holds_web_address(name) else unlinked(name)


def _is_title(before: str, after: str) -> bool:
    """Return whether a dot stands between a title or initial and a name, as in "Dr.Berg".

    Letters of some scripts are neither lower nor upper case.
    """
    is_short = len(before) <= LONGEST_TITLE and not before[0].islower()
    is_name = not (after[0].islower() or after.isupper())
    return is_short and is_name and after.lower() not in ENDINGS
