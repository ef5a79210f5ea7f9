import logging
import re

from quantix.secrecy import BEFORE

# Logs are copied around.
TOKEN_IN_PATH = re.compile(f"({BEFORE})[^/\\s?\"'<>]+")
# As in what a database says of a row, or in an address that somebody wrote with %6C for an l.
# Words that code is made of (MultiValueDictKeyError) are left.
TOKEN_ALONE = re.compile(r"\b(?!(?:[a-z]{3,})?(?:[A-Z][a-z]{2,})*(?!\w))[0-9A-Za-z]{22,}\b")


def mask_tokens(text: str) -> str:
    return TOKEN_ALONE.sub("…", TOKEN_IN_PATH.sub(r"\1…", text))


class MaskingFormatter(logging.Formatter):
    """Formats as `inner` does, and takes the tokens out of all of it: a traceback may hold some."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self.inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return mask_tokens(self.inner.format(record))
