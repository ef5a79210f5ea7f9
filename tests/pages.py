"""What stands on a page, read from a test client's answer."""

from html import unescape
from typing import Any


def text_of(response: Any) -> str:
    return unescape(response.content.decode())
