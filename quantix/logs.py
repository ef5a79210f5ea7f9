import logging
import re

from quantix.secrecy import BEFORE

# Logs are copied and shared, so no token may get into them.
TOKEN_IN_PATH = re.compile(f"({BEFORE})[^/\\s?\"'<>]+")
# A token outside of a path, as in a database's message about a row, or in an address that writes
# %6C for "l". Names in code of that length (MultiValueDictKeyError) are not masked.
TOKEN_ALONE = re.compile(r"\b(?!(?:[a-z]{3,})?(?:[A-Z][a-z]{2,})*(?!\w))[0-9A-Za-z]{22,}\b")


def mask_tokens(text: str) -> str:
    return TOKEN_ALONE.sub("…", TOKEN_IN_PATH.sub(r"\1…", text))


class MaskingFormatter(logging.Formatter):
    """Masks the tokens in what `inner` formats, tracebacks included."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self.inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return mask_tokens(self.inner.format(record))
