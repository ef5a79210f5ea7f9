"""What stands on a page, read from a test client's answer."""

from html import unescape
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from calendars.models import Owner


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def words_of(response: Any) -> str:
    """The same, without what only keeps words together or apart."""
    text = text_of(response).replace("\N{NO-BREAK SPACE}", " ")
    return text.replace("<bdi>", "").replace("</bdi>", "")


def reset_address(owner: Owner) -> str:
    """What the owner is sent to choose a new password."""
    uid = urlsafe_base64_encode(force_bytes(owner.pk))
    return f"/password-reset/{uid}/{default_token_generator.make_token(owner)}/"
