"""Readers for the pages in a test client's answers."""

import re
from html import unescape
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from calendars.models import Owner


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def words_of(response: Any) -> str:
    """Return the text of the answer without markup that only keeps words together or apart."""
    text = text_of(response).replace("\N{NO-BREAK SPACE}", " ")
    return text.replace("<bdi>", "").replace("</bdi>", "")


def shows(page: Any, fragment: str) -> bool:
    """Return whether the page, a response or its text, holds a piece of HTML, however it is spaced.

    White space in the fragment matches any white space, and a tag may have white space around it:
    a browser shows the same.
    """
    text = page if isinstance(page, str) else text_of(page)
    pieces = re.split(r"(\s+|<|>)", fragment)
    spaced = {"<": r"\s*<", ">": r"\s*>\s*"}
    pattern = "".join(
        r"\s+" if piece.isspace() else spaced.get(piece, re.escape(piece)) for piece in pieces
    )
    # Two neighbouring patterns for white space become one that makes it optional.
    return (
        re.search(pattern.replace(r"\s*\s+", r"\s*").replace(r"\s+\s*", r"\s*"), text) is not None
    )


def reset_address(owner: Owner) -> str:
    """Return the address that the owner is sent to choose a new password."""
    uid = urlsafe_base64_encode(force_bytes(owner.pk))
    return f"/password-reset/{uid}/{default_token_generator.make_token(owner)}/"
